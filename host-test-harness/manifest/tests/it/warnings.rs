//! The warnings about valid manifests.

use crate::folder::Folder;

#[test]
fn a_part_that_may_be_a_mistake_has_a_warning() {
    let mut wrong = Vec::new();
    for (more, want) in [
        ("", vec![]),
        ("allowed_http_hosts = []\ndependencies = {}\n", vec![]),
        (
            "files = [\"none/*\"]\n",
            vec![
                "spin.toml:9: component.front.files[0]: no file in `.` matches `none/*`; correct or remove the pattern",
            ],
        ),
        (
            "files = [\"other\"]\n",
            vec![
                "spin.toml:9: component.front.files[0]: as in Spin, the files of this folder are mounted below `/other/other`; use `other/**/*` to mount them below `/other`",
            ],
        ),
        (
            "files = [\"*\"]\n",
            vec![
                "spin.toml:9: component.front.files[0]: the component may read every file of the application's folder; if that is intended, use `./*`",
            ],
        ),
        (
            "files = [{ source = \"empty\", destination = \"/\" }]\n",
            vec![
                "spin.toml:9: component.front.files[0].source: the folder `empty` contains no files",
            ],
        ),
        (
            "allowed_http_hosts = [\"a.test\"]\n",
            vec![
                "spin.toml:9: component.front.allowed_http_hosts: the key is deprecated in manifest version 2; use `allowed_outbound_hosts`, whose entries have a scheme",
            ],
        ),
        (
            "[application.trigger.http]\nbase = \"/\"\n",
            vec![
                "spin.toml:10: application.trigger.http.base: Spin 3 removed the base path; remove the key",
            ],
        ),
        (
            "[component.back]\nsource = \"back.wasm\"\n",
            vec![
                r#"spin.toml:9: component.back: no trigger names this component, so it gets no requests; add a `[[trigger.http]]` with `component = "back"`, and `route = { private = true }` if only other components call it"#,
            ],
        ),
        (
            "[component.back]\nsource = \"back.wasm\"\n[[trigger.cron]]\ncomponent = \"back\"\n",
            vec![
                "spin.toml:11: trigger.cron: the harness supports HTTP triggers only and ignores these triggers",
                r#"spin.toml:9: component.back: only `[[trigger.cron]]` names this component, so it gets no requests; add a `[[trigger.http]]` with `component = "back"`, and `route = { private = true }` if only other components call it"#,
            ],
        ),
        (
            "[[trigger.http]]\nroute = \"/.well-known/spin/x\"\ncomponent = \"front\"\n",
            vec![
                "spin.toml:10: trigger.http[1].route: Spin itself responds to requests below `/.well-known/spin/`; use another path",
            ],
        ),
    ] {
        let folder = Folder::with_files(more);
        std::fs::create_dir(folder.path("empty")).unwrap();
        let manifest = folder.manifest();
        let got: Vec<String> = manifest
            .warnings
            .iter()
            .map(|warning| folder.short(&warning.to_string()))
            .collect();
        if got != want {
            wrong.push((more, got, want));
        }
    }
    assert_eq!(wrong, [], "(keys, got, want)");
}
