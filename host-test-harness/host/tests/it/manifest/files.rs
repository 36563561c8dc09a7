//! The files that a component may read, and what is doubtful in a manifest.

use std::path::PathBuf;

use spin_harness::manifest::ManifestErrorKind;

use super::{Folder, version_2};

/// A manifest whose component `front` has these files, in a folder with some.
fn folder_with_files(keys: &str) -> Folder {
    let folder = Folder::with_manifest(&version_2(keys));
    for name in [
        "assets/a.txt",
        "assets/b.png",
        "assets/deep/c.txt",
        "assets/deep/.hidden",
        "other/a.txt",
        "[odd]/d.txt",
    ] {
        folder.write(name, name);
    }
    folder
}

#[test]
fn files_are_where_spin_puts_them() {
    for (keys, want) in [
        ("files = []", vec![]),
        (
            "files = [\"assets/a.txt\"]",
            vec!["/assets/a.txt = assets/a.txt"],
        ),
        (
            "files = [\"assets/*.txt\", \"other/*\"]",
            vec!["/assets/a.txt = assets/a.txt", "/other/a.txt = other/a.txt"],
        ),
        (
            "files = [\"./assets/**/*\"]",
            vec![
                "/assets/a.txt = assets/a.txt",
                "/assets/b.png = assets/b.png",
                "/assets/deep/.hidden = assets/deep/.hidden",
                "/assets/deep/c.txt = assets/deep/c.txt",
            ],
        ),
        (
            "files = [\"assets/**/*\"]\nexclude_files = [\"assets/*.png\", \"**/.hidden\"]",
            vec![
                "/assets/a.txt = assets/a.txt",
                "/assets/deep/c.txt = assets/deep/c.txt",
            ],
        ),
        (
            "files = [{ source = \"assets/deep\", destination = \"/x/./y/\" }]",
            vec![
                "/x/y/.hidden = assets/deep/.hidden",
                "/x/y/c.txt = assets/deep/c.txt",
            ],
        ),
        (
            "files = [{ source = \"other\", destination = \"/\" }, \"other/*\"]",
            vec!["/a.txt = other/a.txt", "/other/a.txt = other/a.txt"],
        ),
        (
            "files = [{ source = \"other/a.txt\", destination = \"b\" }, \"other/a.txt\", \"other/a.*\"]",
            vec!["/b = other/a.txt", "/other/a.txt = other/a.txt"],
        ),
        (
            "files = [\"[odd]/d.txt\"]",
            vec!["/[odd]/d.txt = [odd]/d.txt"],
        ),
        (
            "files = [{ source = \"[odd]\", destination = \"/odd\" }]",
            vec!["/odd/d.txt = [odd]/d.txt"],
        ),
        (
            "files = [\"other\"]",
            vec!["/other/other/a.txt = other/a.txt"],
        ),
    ] {
        let folder = folder_with_files(&format!("{keys}\n"));
        let manifest = folder.read().unwrap_or_else(|error| panic!("{error}"));
        let got: Vec<String> = manifest.components[0]
            .files
            .iter()
            .map(|mount| {
                let source = mount.source.strip_prefix(&folder.0).unwrap();
                let source: PathBuf = source.components().collect();
                format!("{} = {}", mount.destination, source.display())
            })
            .collect();
        assert_eq!(got, want, "{keys}");
    }
}

#[test]
fn files_that_cannot_be_mounted_are_told_with_line_and_key() {
    use ManifestErrorKind as Kind;
    for (keys, kind, want) in [
        (
            "files = \"assets\"",
            Kind::WrongType,
            r#"spin.toml:9: component.front.files: this is a text; write a list, `["assets/**/*"]`"#,
        ),
        (
            "files = [1]",
            Kind::WrongType,
            r#"spin.toml:9: component.front.files[0]: this is the number 1; write a path or pattern in quotes, or `{ source = "…", destination = "…" }`"#,
        ),
        (
            "files = [\"\"]",
            Kind::InvalidValue,
            r#"spin.toml:9: component.front.files[0]: `` is a folder; write `**/*` for what is in it, or `{{ source = "…", destination = "…" }}`"#,
        ),
        (
            "files = [\".\"]",
            Kind::InvalidValue,
            r#"spin.toml:9: component.front.files[0]: `.` is a folder; write `**/*` for what is in it, or `{{ source = "…", destination = "…" }}`"#,
        ),
        (
            "files = [\"assets/.\"]",
            Kind::InvalidValue,
            r#"spin.toml:9: component.front.files[0]: `assets/.` is a folder; write `assets/**/*` for what is in it, or `{{ source = "…", destination = "…" }}`"#,
        ),
        (
            "files = [\"none.txt\"]",
            Kind::MissingFile,
            "spin.toml:9: component.front.files[0]: there is no `none.txt` in `.`; correct the path, or remove it",
        ),
        (
            "files = [\"../secret.txt\"]",
            Kind::OutsideFolder,
            "spin.toml:9: component.front.files[0]: `../secret.txt` may lead out of the manifest's folder; write a path below it, without `..` and `/` at the start",
        ),
        (
            "files = [\"assets/../../*\"]",
            Kind::OutsideFolder,
            "spin.toml:9: component.front.files[0]: `assets/../../*` may lead out of the manifest's folder; write a path below it, without `..` and `/` at the start",
        ),
        (
            "files = [\"/etc/passwd\"]",
            Kind::OutsideFolder,
            "spin.toml:9: component.front.files[0]: `/etc/passwd` may lead out of the manifest's folder; write a path below it, without `..` and `/` at the start",
        ),
        (
            "files = [\"assets/***\"]",
            Kind::InvalidValue,
            "spin.toml:9: component.front.files[0]: `assets/***` is no pattern: Pattern syntax error near position 9: wildcards are either regular `*` or recursive `**`; correct it",
        ),
        (
            "files = [\"assets/*\"]\nexclude_files = [\"a**\"]",
            Kind::InvalidValue,
            "spin.toml:10: component.front.exclude_files[0]: `a**` is no pattern: Pattern syntax error near position 0: recursive wildcards must form a single path component; correct it",
        ),
        (
            "files = [{ source = \"..\", destination = \"/\" }]",
            Kind::OutsideFolder,
            "spin.toml:9: component.front.files[0].source: `..` may lead out of the manifest's folder; write a path below it, without `..` and `/` at the start",
        ),
        (
            "files = [{ source = \"/etc\", destination = \"/\" }]",
            Kind::OutsideFolder,
            "spin.toml:9: component.front.files[0].source: `/etc` may lead out of the manifest's folder; write a path below it, without `..` and `/` at the start",
        ),
        (
            "files = [{ source = \"assets\", destination = \"/../x\" }]",
            Kind::OutsideFolder,
            "spin.toml:9: component.front.files[0].destination: `/../x` leads out of the guest's files; write it without `..`",
        ),
        (
            "files = [{ source = \"none\", destination = \"/\" }]",
            Kind::MissingFile,
            "spin.toml:9: component.front.files[0].source: there is no `none` in `.`; correct the path, or remove it",
        ),
        (
            "files = [{ source = \"assets/a.txt\", destination = \"/x/\" }]",
            Kind::InvalidValue,
            "spin.toml:9: component.front.files[0].destination: `assets/a.txt` is a file and `/x/` a folder; write the file's whole path in the guest",
        ),
        (
            "files = [{ source = \"assets\" }]",
            Kind::MissingKey,
            r#"spin.toml:9: component.front.files[0]: the key `destination` is missing; add `destination = "/…"`"#,
        ),
        (
            "files = [{ source = \"assets\", target = \"/\" }]",
            Kind::UnknownKey,
            "spin.toml:9: component.front.files[0].target: there is no such key here; remove it, or use one of: source, destination",
        ),
        (
            "files = [\"assets/a.txt\", { source = \"other\", destination = \"/assets\" }]",
            Kind::Duplicate,
            "spin.toml:9: component.front.files[1].source: `assets/a.txt` and `other/a.txt` would both be `/assets/a.txt`; exclude one of them",
        ),
    ] {
        let folder = folder_with_files(&format!("{keys}\n"));
        assert_eq!(folder.error(), (kind, want.to_owned()), "{keys}");
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_may_lead_within_the_folder_only() {
    let outside = Folder::new();
    let keys = "files = [\"links/*\"]\n";
    let folder = folder_with_files(keys);
    folder.write("links/plain.txt", "");
    std::os::unix::fs::symlink("../assets/a.txt", folder.path("links/inside.txt")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("links/broken.txt")).unwrap();
    let files = folder.read().unwrap().components[0].files.clone();
    let destinations: Vec<&str> = files
        .iter()
        .map(|mount| mount.destination.as_str())
        .collect();
    assert_eq!(destinations, ["/links/inside.txt", "/links/plain.txt"]);
    std::os::unix::fs::symlink(
        outside.path("front.wasm"),
        folder.path("links/outside.wasm"),
    )
    .unwrap();
    let (kind, message) = folder.error();
    assert_eq!(kind, ManifestErrorKind::OutsideFolder);
    assert_eq!(
        message,
        format!(
            "spin.toml:9: component.front.files[0]: `links/outside.wasm` leads to `{}`, \
             outside the manifest's folder; copy the file",
            outside.path("front.wasm").display()
        )
    );
    let other = folder_with_files("files = [{ source = \"link\", destination = \"/\" }]\n");
    std::os::unix::fs::symlink(&outside.0, other.path("link")).unwrap();
    assert_eq!(other.error().0, ManifestErrorKind::OutsideFolder);
}

#[test]
fn what_is_doubtful_is_a_warning_with_line_and_key() {
    for (more, want) in [
        ("", vec![]),
        ("allowed_http_hosts = []\ndependencies = {}\n", vec![]),
        (
            "files = [\"none/*\"]\n",
            vec![
                "spin.toml:9: component.front.files[0]: no file matches `none/*` in `.`; correct it, or remove it",
            ],
        ),
        (
            "files = [\"other\"]\n",
            vec![
                "spin.toml:9: component.front.files[0]: in Spin, and so here, the files of this folder are below `/other/other`; write `other/**/*` to have them below `/other`",
            ],
        ),
        (
            "files = [\"*\"]\n",
            vec![
                "spin.toml:9: component.front.files[0]: the component may read all of the application's folder; if it must, write `./*`",
            ],
        ),
        (
            "files = [{ source = \"empty\", destination = \"/\" }]\n",
            vec![
                "spin.toml:9: component.front.files[0].source: the folder `empty` has no files to mount",
            ],
        ),
        (
            "allowed_http_hosts = [\"a.test\"]\n",
            vec![
                "spin.toml:9: component.front.allowed_http_hosts: this key is of manifest version 1 and deprecated here; write `allowed_outbound_hosts`, whose entries have a scheme",
            ],
        ),
        (
            "[application.trigger.http]\nbase = \"/\"\n",
            vec![
                "spin.toml:10: application.trigger.http.base: a base path has no meaning any more; remove the key",
            ],
        ),
        (
            "[component.back]\nsource = \"back.wasm\"\n",
            vec![
                r#"spin.toml:9: component.back: no trigger names this component, so it answers no request here; add a `[[trigger.http]]` with `component = "back"`, and `route = { private = true }` if other components call it"#,
            ],
        ),
        (
            "[component.back]\nsource = \"back.wasm\"\n[[trigger.cron]]\ncomponent = \"back\"\n",
            vec![
                "spin.toml:11: trigger.cron: this harness has HTTP triggers only; nothing sets these off",
                r#"spin.toml:9: component.back: only `[[trigger.cron]]` names this component, so it answers no request here; add a `[[trigger.http]]` with `component = "back"`, and `route = { private = true }` if other components call it"#,
            ],
        ),
        (
            "[[trigger.http]]\nroute = \"/.well-known/spin/x\"\ncomponent = \"front\"\n",
            vec![
                "spin.toml:10: trigger.http[1].route: Spin answers requests below `/.well-known/spin/` itself; choose another path",
            ],
        ),
    ] {
        let folder = folder_with_files(more);
        std::fs::create_dir(folder.path("empty")).unwrap();
        let manifest = folder.read().unwrap_or_else(|error| panic!("{error}"));
        let got: Vec<String> = manifest
            .warnings
            .iter()
            .map(|warning| folder.short(&warning.to_string()))
            .collect();
        assert_eq!(got, want, "{more}");
    }
}
