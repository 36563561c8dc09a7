//! Files that are not manifests, damaged manifests, and manifests of the maximum length.

use harness_manifest::{MAX_MANIFEST_BYTES, Manifest, ManifestErrorKind};

use crate::folder::{Folder, environment, version_2};

#[test]
fn a_file_that_is_not_a_manifest_is_reported() {
    use ManifestErrorKind as Kind;
    let hint = "use the path of a manifest, or of a folder with a `spin.toml`";
    let missing = Folder::new();
    let folder_in_its_place = Folder::new();
    folder_in_its_place.write("spin.toml/x", "");
    let with = |bytes: &[u8]| {
        let folder = Folder::new();
        folder.write("spin.toml", bytes);
        folder
    };
    let cases = [
        (
            missing,
            Kind::Io,
            format!("spin.toml: No such file or directory (os error 2); {hint}"),
        ),
        (
            folder_in_its_place,
            Kind::Io,
            format!("spin.toml: not a file; {hint}"),
        ),
        (
            with(b"name = \"\xff\""),
            Kind::NotUtf8,
            "spin.toml: invalid UTF-8 at byte 8; save the manifest as UTF-8".to_owned(),
        ),
        (
            with(&vec![b'#'; 10_000_000]),
            Kind::TooLarge,
            format!("spin.toml: too long for a manifest (more than 1048576 bytes); {hint}"),
        ),
        (
            with(b""),
            Kind::MissingKey,
            "spin.toml: missing key `spin_manifest_version`; add `spin_manifest_version = 2`"
                .to_owned(),
        ),
        (
            with(b"\x00asm\x01\x00\x00\x00"),
            Kind::Syntax,
            "spin.toml:1: invalid TOML: key with no value, expected `=`".to_owned(),
        ),
    ];
    let wrong: Vec<_> = cases
        .into_iter()
        .map(|(folder, kind, message)| (folder.error(), (kind, message)))
        .filter(|(got, want)| got != want)
        .collect();
    assert_eq!(wrong, [], "(got, want)");
}

#[test]
fn a_manifest_of_the_maximum_length_is_accepted() {
    let folder = Folder::new();
    let mut text = version_2("#");
    text.push_str(&"#".repeat(MAX_MANIFEST_BYTES - text.len()));
    folder.write("spin.toml", text);
    folder.manifest();
}

#[test]
fn a_manifest_may_have_another_file_name() {
    let folder = Folder::new();
    folder.write("other.toml", version_2(""));
    let path = folder.path("other.toml");
    assert_eq!(Manifest::read_with(&path, &environment).unwrap().path, path);
    assert_eq!(Manifest::read(&path).unwrap().path, path);
}

#[test]
fn an_error_has_its_parts_for_programs() {
    let folder = Folder::with_manifest(&version_2("environment = []\n"));
    let error = folder.read().unwrap_err();
    assert_eq!(error.kind(), ManifestErrorKind::WrongType);
    assert_eq!(error.path(), folder.path("spin.toml"));
    assert_eq!(error.line(), Some(9));
    assert_eq!(error.key(), "component.front.environment");
}

#[test]
fn a_message_shows_at_most_20_problems() {
    let entries = "1,".repeat(25);
    let folder = Folder::with_manifest(&version_2(&format!("allowed_http_hosts = [{entries}]\n")));
    let (_, message) = folder.error();
    assert_eq!(message.lines().count(), 21, "{message}");
    assert!(message.ends_with("\nand 5 more problems"), "{message}");
}

#[test]
fn a_damaged_manifest_never_panics() {
    let folder = Folder::new();
    let text = version_2(
        "environment = { A = \"\\u00e9\" }\nfiles = [\"f*\", { source = \"front.wasm\", destination = \"/x\" }]\n\
         allowed_outbound_hosts = [\"https://{{ a }}\"]\n[variables]\na = { default = \"b\" }\n",
    );
    for at in 0..text.len() {
        let (before, after) = text.split_at(at);
        for damaged in [
            before.to_owned(),
            format!("{before}\"{after}"),
            format!("{before}{}", &after[1..]),
        ] {
            folder.write("spin.toml", &damaged);
            if let Err(error) = folder.read() {
                let message = error.to_string();
                assert!(
                    !message.replace('\n', "").contains(char::is_control),
                    "{message:?} of {damaged:?}"
                );
            }
        }
    }
}

#[test]
fn a_manifest_with_ten_thousand_entries_is_read_in_time() {
    let trigger =
        |route: &str, rest: &str| format!("[[trigger.http]]\nroute = \"/{route}\"\n{rest}\n");
    let entry: [&dyn Fn(&str) -> String; 3] = [
        &|number| trigger(number, "component = \"front\""),
        &|number| {
            trigger(
                number,
                "id = \"1\"\ncomponent = { source = \"front.wasm\" }",
            )
        },
        &|number| format!("[component.c{number}]\nsource = \"front.wasm\"\n"),
    ];
    for entry in entry {
        let mut text = version_2("");
        for number in 0.. {
            let more = entry(&number.to_string());
            if text.len() + more.len() > MAX_MANIFEST_BYTES {
                break;
            }
            text.push_str(&more);
        }
        let started = std::time::Instant::now();
        let manifest = Folder::with_manifest(&text).read().unwrap();
        let n_entries = manifest.routes.len() + manifest.components.len();
        assert!(n_entries > 10_000, "{n_entries}");
        // An algorithm with quadratic time would take minutes.
        let took = started.elapsed();
        assert!(took.as_secs() < 20, "{n_entries} entries in {took:?}");
        println!("{n_entries} entries in {took:?}");
    }
}
