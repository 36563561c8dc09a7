//! Documents that are no manifests, and variables without a value.

use spin_harness::manifest::{MAX_MANIFEST_BYTES, ManifestErrorKind};

use super::{Folder, check_error, version_2};

#[test]
fn what_is_no_manifest_is_told_with_its_file() {
    use ManifestErrorKind as Kind;
    let not_read = "name a manifest, or a folder with a `spin.toml`";
    let missing = Folder::new();
    assert_eq!(
        missing.error(),
        (
            Kind::Io,
            format!("spin.toml: No such file or directory (os error 2); {not_read}")
        )
    );
    let folder_in_its_place = Folder::new();
    folder_in_its_place.write("spin.toml/x", "");
    assert_eq!(
        folder_in_its_place.error(),
        (Kind::Io, format!("spin.toml: this is no file; {not_read}"))
    );
    for (bytes, kind, want) in [
        (
            &b"name = \"\xff\""[..],
            Kind::NotUtf8,
            "spin.toml: byte 8 is not UTF-8, which a manifest is; save it as UTF-8",
        ),
        (
            &vec![b'#'; 10_000_000][..],
            Kind::TooLarge,
            "spin.toml: this is longer than 1048576 bytes, and no manifest is; name another file",
        ),
        (
            b"",
            Kind::MissingKey,
            "spin.toml: the key `spin_manifest_version` is missing; add `spin_manifest_version = 2`",
        ),
        (
            b"\x00asm\x01\x00\x00\x00",
            Kind::Syntax,
            "spin.toml:1: this is no TOML: key with no value, expected `=`",
        ),
    ] {
        let folder = Folder::new();
        folder.write("spin.toml", bytes);
        assert_eq!(folder.error(), (kind, want.to_owned()));
    }
    let longest = Folder::new();
    let mut text = version_2("#");
    text.push_str(&"#".repeat(MAX_MANIFEST_BYTES - text.len()));
    longest.write("spin.toml", text);
    longest.read().unwrap();
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
fn a_document_that_is_no_manifest_is_told_with_line_and_key() {
    use ManifestErrorKind as Kind;
    for (text, kind, want) in [
        (
            "name = ",
            Kind::Syntax,
            "spin.toml:1: this is no TOML: string values must be quoted, expected literal string",
        ),
        (
            "spin_manifest_version = 2\nspin_manifest_version = 2\n",
            Kind::Syntax,
            "spin.toml:2: this is no TOML: duplicate key",
        ),
        (
            "spin_manifest_version = 3\n",
            Kind::UnknownVersion,
            r#"spin.toml:1: spin_manifest_version: the number 3 is no version of a manifest; write `spin_manifest_version = 2` (a number), or `spin_manifest_version = "1"` (a text)"#,
        ),
        (
            "spin_manifest_version = \"2\"\n",
            Kind::UnknownVersion,
            r#"spin.toml:1: spin_manifest_version: the text "2" is no version of a manifest; write `spin_manifest_version = 2` (a number), or `spin_manifest_version = "1"` (a text)"#,
        ),
        (
            "spin_manifest_version = 1\n",
            Kind::UnknownVersion,
            r#"spin.toml:1: spin_manifest_version: the number 1 is no version of a manifest; write `spin_manifest_version = 2` (a number), or `spin_manifest_version = "1"` (a text)"#,
        ),
        (
            "spin_version = 2\n",
            Kind::UnknownVersion,
            r#"spin.toml:1: spin_version: the number 2 is no version of a manifest; write `spin_manifest_version = 2` (a number), or `spin_manifest_version = "1"` (a text)"#,
        ),
        (
            "spin_manifest_version = 0x2\n",
            Kind::UnknownVersion,
            r#"spin.toml:1: spin_manifest_version: the number 0x2 is no version of a manifest; write `spin_manifest_version = 2` (a number), or `spin_manifest_version = "1"` (a text)"#,
        ),
        (
            "spin_manifest_version = 2\n",
            Kind::MissingKey,
            r#"spin.toml: the key `application` is missing; add `[application] name = "…"`"#,
        ),
        (
            "spin_manifest_version = 2\napplication = 1.5\n",
            Kind::WrongType,
            "spin.toml:2: application: this is the number 1.5; write a table, `[application]`",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"shop\"\n",
            Kind::MissingKey,
            r#"spin.toml: the key `trigger` is missing; add `[[trigger.http]] route = "/..."`"#,
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"shop\"\n[trigger]\n",
            Kind::Unsupported,
            "spin.toml: the application has no HTTP trigger, and this harness has no other; give a component a route",
        ),
        (
            "spin_manifest_version = 2\n[application]\nversion = \"1\"\n",
            Kind::MissingKey,
            r#"spin.toml:2: application: the key `name` is missing; add `name = "…"`"#,
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"shop\"\nnam = 1\n",
            Kind::UnknownKey,
            "spin.toml:4: application.nam: there is no such key here; remove it, or use one of: name, version, description, authors, targets, trigger, tool",
        ),
        (
            "spin_manifest_version = 2\nname = \"shop\"\n",
            Kind::UnknownKey,
            "spin.toml:2: name: there is no such key here; remove it, or use one of: spin_manifest_version, application, variables, trigger, component",
        ),
        (
            "spin_manifest_version = 2\napplication = { name = \"shop\" }\n\
             [[trigger.redis]]\nchannel = \"a\"\ncomponent = \"a\"\n[component.a]\nsource = \"front.wasm\"\n",
            Kind::Unsupported,
            "spin.toml: the application has no HTTP trigger, and this harness has no other; give a component a route",
        ),
        (
            "spin_manifest_version = 2\napplication = { name = \"shop\" }\n[trigger.http]\nroute = \"/\"\n",
            Kind::WrongType,
            "spin.toml:3: trigger.http: this is a table; write a list of tables, `[[trigger.http]]` with two brackets",
        ),
        (
            "spin_manifest_version = 2\napplication = { name = \"shop\" }\n[trigger.redis]\nroute = \"/\"\n",
            Kind::WrongType,
            "spin.toml:3: trigger.redis: this is a table; write a list of tables, `[[trigger.TYPE]]` with two brackets",
        ),
        (
            "spin_manifest_version = 2\napplication = { name = \"shop\" }\ntrigger = 1979-05-27\n",
            Kind::WrongType,
            "spin.toml:3: trigger: this is the date 1979-05-27; write lists of tables, `[[trigger.http]]`",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"shop\"\ntrigger.http.base = \"/base\"\n",
            Kind::Unsupported,
            "spin.toml:4: application.trigger.http.base: Spin has no base path any more; remove the key, and put `/base` before each `route`",
        ),
        (
            "spin_version = \"1\"\nname = \"shop\"\n",
            Kind::MissingKey,
            r#"spin.toml: the key `trigger` is missing; add `trigger = { type = "http" }`"#,
        ),
        (
            "spin_version = \"1\"\nname = \"shop\"\ntrigger = { type = \"redis\", address = \"\" }\n",
            Kind::Unsupported,
            "spin.toml:3: trigger.type: this harness has HTTP triggers only, and this is an application for `redis`",
        ),
        (
            "spin_version = \"1\"\nname = \"shop\"\ntrigger = { type = \"http\", bas = \"/\" }\n",
            Kind::UnknownKey,
            "spin.toml:3: trigger.bas: there is no such key here; remove it, or use one of: type, base",
        ),
        (
            "spin_version = \"1\"\nname = \"shop\"\ntrigger = { type = \"http\" }\n",
            Kind::Unsupported,
            "spin.toml: the application has no HTTP trigger, and this harness has no other; give a component a route",
        ),
        (
            "spin_version = \"1\"\nname = \"shop\"\ntrigger = { type = \"http\" }\n[component]\nid = \"a\"\n",
            Kind::WrongType,
            "spin.toml:4: component: this is a table; write a list of tables, `[[component]]` with two brackets",
        ),
    ] {
        check_error(text, kind, want);
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_told_with_line_and_key() {
    use ManifestErrorKind as Kind;
    for (more, kind, want) in [
        (
            "[variables]\na = \"text\"\n",
            Kind::WrongType,
            r#"spin.toml:10: variables.a: this is a text; write `{ default = "…" }` or `{ required = true }`"#,
        ),
        (
            "[variables]\na = {}\n",
            Kind::InvalidValue,
            r#"spin.toml:10: variables.a: a variable has either `default = "…"` or `required = true`; write one of them"#,
        ),
        (
            "[variables]\na = { default = \"\", required = true }\n",
            Kind::InvalidValue,
            r#"spin.toml:10: variables.a: a variable has either `default = "…"` or `required = true`; write one of them"#,
        ),
        (
            "[variables]\na = { default = 1 }\n",
            Kind::WrongType,
            "spin.toml:10: variables.a.default: this is the number 1; write a text in quotes",
        ),
        (
            "[variables]\na = { default = \"\", secret = \"yes\" }\n",
            Kind::WrongType,
            "spin.toml:10: variables.a.secret: this is a text; write `true` or `false`",
        ),
        (
            "[variables]\na = { defalt = \"\" }\n",
            Kind::UnknownKey,
            "spin.toml:10: variables.a.defalt: there is no such key here; remove it, or use one of: default, required, secret, description",
        ),
        (
            "[variables]\nAb = { default = \"\" }\n",
            Kind::InvalidValue,
            "spin.toml:10: variables.Ab: `Ab` is no name of a variable: write it in lower case",
        ),
        (
            "[variables]\na_ = { default = \"\" }\n",
            Kind::InvalidValue,
            "spin.toml:10: variables.a_: `a_` is no name of a variable: a `_` stands between two words; remove the others",
        ),
        (
            "[variables]\na_b = { required = true }\napi_host = { required = true }\nc = { required = true }\n",
            Kind::MissingVariable,
            "spin.toml:10: variables.a_b: a required variable has no value; set in the environment: SPIN_VARIABLE_A_B, SPIN_VARIABLE_C",
        ),
    ] {
        check_error(&version_2(more), kind, want);
    }
}

#[test]
fn a_manifest_that_is_cut_or_torn_never_panics() {
    let folder = Folder::new();
    let text = version_2(
        "environment = { A = \"\\u00e9\" }\nfiles = [\"f*\", { source = \"front.wasm\", destination = \"/x\" }]\n\
         allowed_outbound_hosts = [\"https://{{ a }}\"]\n[variables]\na = { default = \"b\" }\n",
    );
    for at in 0..text.len() {
        let (before, after) = text.split_at(at);
        for torn in [
            before.to_owned(),
            format!("{before}\"{after}"),
            format!("{before}{}", &after[1..]),
        ] {
            folder.write("spin.toml", &torn);
            if let Err(error) = folder.read() {
                let message = error.to_string();
                assert!(
                    !message.contains(char::is_control),
                    "{message:?} of {torn:?}"
                );
            }
        }
    }
}

#[test]
fn a_manifest_as_long_as_it_may_be_is_read_in_time() {
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
        // What grows with the square of its length takes minutes.
        let took = started.elapsed();
        assert!(took.as_secs() < 20, "{n_entries} entries in {took:?}");
        println!("{n_entries} entries in {took:?}");
    }
}
