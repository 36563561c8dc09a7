//! Components that cannot be used.

use spin_harness::manifest::ManifestErrorKind;

use super::{check_error, version_1, version_2};

#[test]
fn a_component_that_cannot_be_used_is_told_with_line_and_key() {
    use ManifestErrorKind as Kind;
    for (more, kind, want) in [
        (
            "surce = 1\n",
            Kind::UnknownKey,
            "spin.toml:9: component.front.surce: there is no such key here; remove it, or use one of: source, description, environment, files, exclude_files, allowed_http_hosts, allowed_outbound_hosts, key_value_stores, sqlite_databases, ai_models, build, variables, targets, tool, dependencies_inherit_configuration, dependencies, profile",
        ),
        (
            "[component]\nback = 1\n",
            Kind::WrongType,
            "spin.toml:10: component.back: this is the number 1; write a table, `[component.ID]`",
        ),
        (
            "[component.back]\n",
            Kind::MissingKey,
            r#"spin.toml:9: component.back: the key `source` is missing; add `source = "PATH/TO/COMPONENT.wasm"`"#,
        ),
        (
            "[component.back]\nsource = 1\n",
            Kind::WrongType,
            "spin.toml:10: component.back.source: this is the number 1; write a text in quotes",
        ),
        (
            "[component.back]\nsource = \"none.wasm\"\n",
            Kind::MissingFile,
            "spin.toml:10: component.back.source: `none.wasm` cannot be read: No such file or directory (os error 2); build the component, or correct the path",
        ),
        (
            "[component.back]\nsource = \"none.wasm\"\nbuild.command = [\"a b\", \"c\"]\n",
            Kind::MissingFile,
            "spin.toml:10: component.back.source: `none.wasm` cannot be read: No such file or directory (os error 2); build it: a b && c",
        ),
        (
            "[component.back]\nsource = \"../\"\n",
            Kind::MissingFile,
            "spin.toml:10: component.back.source: `../` is no file; name the component's file",
        ),
        (
            "[component.back]\nsource = { url = \"https://a.test/b.wasm\", digest = \"sha256:1\" }\n",
            Kind::Unsupported,
            r#"spin.toml:10: component.back.source: this harness fetches nothing; download the component from `https://a.test/b.wasm`, compare its digest, and write `source = "PATH/TO/COMPONENT.wasm"`"#,
        ),
        (
            "[component.back]\nsource = { registry = \"r.test\", package = \"a:b\", version = \"1.0.0\" }\n",
            Kind::Unsupported,
            r#"spin.toml:10: component.back.source: this harness fetches nothing; get the package `a:b` (1.0.0) with `wkg get`, and write `source = "PATH/TO/COMPONENT.wasm"`"#,
        ),
        (
            "[component.back]\nsource = {}\n",
            Kind::Unsupported,
            r#"spin.toml:10: component.back.source: this harness runs files only; write `source = "PATH/TO/COMPONENT.wasm"`"#,
        ),
        (
            "[component.\"\"]\n",
            Kind::InvalidValue,
            r#"spin.toml:9: component."": `` is no id of a component: it is empty; name it"#,
        ),
        (
            "[component.back_end]\n",
            Kind::InvalidValue,
            "spin.toml:9: component.back_end: `back_end` is no id of a component: it contains '_'; use ASCII letters, digits and `-`",
        ),
        (
            "[component.backEnd]\n",
            Kind::InvalidValue,
            "spin.toml:9: component.backEnd: `backEnd` is no id of a component: the word `backEnd` mixes upper and lower case; use one",
        ),
        (
            "[component.1st]\n",
            Kind::InvalidValue,
            "spin.toml:9: component.1st: `1st` is no id of a component: the word `1st` does not start with a letter; put one before it",
        ),
        (
            "[component.back--end]\n",
            Kind::InvalidValue,
            "spin.toml:9: component.back--end: `back--end` is no id of a component: a `-` stands between two words; remove the others",
        ),
        (
            "[component.\"a.b\\u0000\"]\n",
            Kind::InvalidValue,
            r#"spin.toml:9: component."a.b\0": `a.b\u{0}` is no id of a component: it contains '.'; use ASCII letters, digits and `-`"#,
        ),
        (
            "environment = { A = 1 }\n",
            Kind::WrongType,
            "spin.toml:9: component.front.environment.A: this is the number 1; write a text in quotes",
        ),
        (
            "environment = { \"A=B\" = \"1\" }\n",
            Kind::InvalidValue,
            r#"spin.toml:9: component.front.environment."A=B": an environment variable has a name, no `=` in it, and no NUL in name and value; correct it"#,
        ),
        (
            "environment = { A = \"\\u0000\" }\n",
            Kind::InvalidValue,
            "spin.toml:9: component.front.environment.A: an environment variable has a name, no `=` in it, and no NUL in name and value; correct it",
        ),
        (
            "allowed_outbound_hosts = \"https://a.test\"\n",
            Kind::WrongType,
            r#"spin.toml:9: component.front.allowed_outbound_hosts: this is a text; write a list of texts, `["…"]`"#,
        ),
        (
            "allowed_outbound_hosts = [\n\"https://a.test\",\n80]\n",
            Kind::WrongType,
            "spin.toml:11: component.front.allowed_outbound_hosts[1]: this is the number 80; write a text in quotes",
        ),
        (
            "allowed_outbound_hosts = [\"https://{{ none }}\"]\n",
            Kind::Undefined,
            "spin.toml:9: component.front.allowed_outbound_hosts[0]: there is no variable `none`; define it under `[variables]`, or correct the name in `{{ none }}`",
        ),
        (
            "allowed_outbound_hosts = [\"https://{{ none\"]\n",
            Kind::InvalidValue,
            "spin.toml:9: component.front.allowed_outbound_hosts[0]: a `{{` has no `}}`; write `{{ name }}`",
        ),
        (
            "variables = { url = \"{{ none }}\" }\n",
            Kind::Undefined,
            "spin.toml:9: component.front.variables.url: there is no variable `none`; define it under `[variables]`, or correct the name in `{{ none }}`",
        ),
        (
            "variables = { Url = \"\" }\n",
            Kind::InvalidValue,
            "spin.toml:9: component.front.variables.Url: `Url` is no name of a variable: write it in lower case",
        ),
        (
            "variables = { url = true }\n",
            Kind::WrongType,
            "spin.toml:9: component.front.variables.url: this is `true`; write a text in quotes",
        ),
        (
            "build = { }\n",
            Kind::MissingKey,
            r#"spin.toml:9: component.front.build: the key `command` is missing; add `command = "…"`"#,
        ),
        (
            "build = { command = 1 }\n",
            Kind::WrongType,
            "spin.toml:9: component.front.build.command: this is the number 1; write a command in quotes, or a list of commands",
        ),
        (
            "build = { command = [\"a\", 1] }\n",
            Kind::WrongType,
            "spin.toml:9: component.front.build.command[1]: this is the number 1; write a text in quotes",
        ),
        (
            "build = { command = \"a\", watch = \"src\" }\n",
            Kind::WrongType,
            r#"spin.toml:9: component.front.build.watch: this is a text; write a list of paths, `["src/**/*.rs"]`"#,
        ),
        (
            "dependencies = { \"a:b\" = \"1.0\" }\n",
            Kind::Unsupported,
            "spin.toml:9: component.front.dependencies: this harness composes no components; compose them (`wac plug component.wasm --plug dependency.wasm -o composed.wasm`), name the result as `source`, and remove `dependencies`",
        ),
    ] {
        check_error(&version_2(more), kind, want);
    }
}

#[test]
fn a_component_of_version_1_that_cannot_be_used_is_told_with_line_and_key() {
    use ManifestErrorKind as Kind;
    let component =
        |rest: &str| format!("[[component]]\nid = \"back\"\nsource = \"back.wasm\"\n{rest}");
    for (more, kind, want) in [
        (
            "variables = {}\n".to_owned(),
            Kind::UnknownKey,
            "spin.toml:8: component[0].variables: there is no such key here; remove it, or use one of: source, description, environment, files, exclude_files, allowed_http_hosts, allowed_outbound_hosts, key_value_stores, sqlite_databases, ai_models, build, id, trigger, config",
        ),
        (
            "config = { \"a-b\" = \"\" }\n".to_owned(),
            Kind::InvalidValue,
            "spin.toml:8: component[0].config.a-b: `a-b` is no name of a variable: it contains '-'; use ASCII letters, digits and `_`",
        ),
        (
            "[[component]]\nsource = \"back.wasm\"\n".to_owned(),
            Kind::MissingKey,
            r#"spin.toml:8: component[1]: the key `id` is missing; add `id = "…"`"#,
        ),
        (
            "[[component]]\nid = \"\"\n".to_owned(),
            Kind::InvalidValue,
            "spin.toml:9: component[1].id: `` is no id of a component: it is empty; name it",
        ),
        (
            "[[component]]\nid = \"a b\"\n".to_owned(),
            Kind::InvalidValue,
            "spin.toml:9: component[1].id: `a b` is no id of a component: it contains ' '; use ASCII letters, digits and `-`",
        ),
        (
            "[[component]]\nid = \"Front\"\n[component.trigger]\nroute = \"/b\"\n".to_owned(),
            Kind::Duplicate,
            "spin.toml:9: component[1].id: there is a component `front` already, in line 4; name this one otherwise",
        ),
        (
            component(""),
            Kind::MissingKey,
            r#"spin.toml:8: component[1]: the key `trigger` is missing; add `trigger = { route = "/..." }`"#,
        ),
        (
            component("trigger = {}\n"),
            Kind::MissingKey,
            r#"spin.toml:11: component[1].trigger: the key `route` is missing; add `route = "/..."`"#,
        ),
        (
            component("trigger = { route = \"...\" }\n"),
            Kind::Duplicate,
            "spin.toml:11: component[1].trigger.route: `...` of the component `back` matches the same paths as the route of `front` in line 7; change or remove one of them",
        ),
        (
            component("trigger = { route = \"/b\", executor = { type = \"wagi\" } }\n"),
            Kind::Unsupported,
            "spin.toml:11: component[1].trigger.executor.type: this harness does not run Wagi (CGI) components; build the component for HTTP (`fermyon:spin/inbound-http`), and remove `executor`",
        ),
    ] {
        check_error(&version_1(&more), kind, want);
    }
}
