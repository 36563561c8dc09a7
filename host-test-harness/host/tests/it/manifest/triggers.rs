//! Triggers that cannot be used.

use spin_harness::manifest::ManifestErrorKind;

use super::{check_error, version_2};

#[test]
fn a_trigger_that_cannot_be_used_is_told_with_line_and_key() {
    use ManifestErrorKind as Kind;
    for (trigger, kind, want) in [
        (
            "component = \"front\"",
            Kind::MissingKey,
            r#"spin.toml:9: trigger.http[1]: the key `route` is missing; add `route = "/..."`"#,
        ),
        (
            "route = \"/a\"",
            Kind::MissingKey,
            r#"spin.toml:9: trigger.http[1]: the key `component` is missing; add `component = "ID"`"#,
        ),
        (
            "route = \"/a\"\ncomponent = \"none\"",
            Kind::Undefined,
            "spin.toml:11: trigger.http[1].component: there is no component `none` (there are: front); add `[component.ID]`, or correct the id",
        ),
        (
            "route = \"/a\"\ncomponent = 1",
            Kind::WrongType,
            "spin.toml:11: trigger.http[1].component: this is the number 1; write the id of a component in quotes, or a component",
        ),
        (
            "route = \"/a\"\ncomponent = { source = 1 }",
            Kind::WrongType,
            "spin.toml:11: trigger.http[1].component.source: this is the number 1; write a text in quotes",
        ),
        (
            "route = 1\ncomponent = \"front\"",
            Kind::WrongType,
            "spin.toml:10: trigger.http[1].route: this is the number 1; write a path in quotes, or `{ private = true }`",
        ),
        (
            "route = \"/...\"\ncomponent = \"front\"",
            Kind::Duplicate,
            "spin.toml:10: trigger.http[1].route: `/...` of the component `front` matches the same paths as the route of `front` in line 4; change or remove one of them",
        ),
        (
            "route = \"/:\"\ncomponent = \"front\"",
            Kind::InvalidValue,
            "spin.toml:10: trigger.http[1].route: the route `/:` cannot be used: `:` is without a name; write `:name`",
        ),
        (
            "route = { private = false }\ncomponent = \"front\"",
            Kind::InvalidValue,
            r#"spin.toml:10: trigger.http[1].route.private: a route is a path or private; write `route = "/…"` or `route = { private = true }`"#,
        ),
        (
            "route = { privat = true }\ncomponent = \"front\"",
            Kind::UnknownKey,
            "spin.toml:10: trigger.http[1].route.privat: there is no such key here; remove it, or use one of: private",
        ),
        (
            "route = \"/a\"\ncomponent = \"front\"\nexecutor = { type = \"wagi\" }",
            Kind::Unsupported,
            "spin.toml:12: trigger.http[1].executor.type: this harness does not run Wagi (CGI) components; build the component for HTTP (`fermyon:spin/inbound-http`), and remove `executor`",
        ),
        (
            "route = \"/a\"\ncomponent = \"front\"\nexecutor = { type = \"x\" }",
            Kind::InvalidValue,
            r#"spin.toml:12: trigger.http[1].executor.type: there is no executor `x`; write `{ type = "http" }`, or remove the key"#,
        ),
        (
            "route = \"/a\"\ncomponent = \"front\"\nexecutor = \"http\"",
            Kind::WrongType,
            r#"spin.toml:12: trigger.http[1].executor: this is a text; write `{ type = "http" }`, or remove the key"#,
        ),
        (
            "route = \"/a\"\ncomponent = \"front\"\nmethod = \"GET\"",
            Kind::UnknownKey,
            "spin.toml:12: trigger.http[1].method: there is no such key here; remove it, or use one of: id, route, component, executor, components, dependencies, static_response",
        ),
        (
            "route = \"/a\"\nstatic_response = { body = \"a\" }",
            Kind::Unsupported,
            "spin.toml:11: trigger.http[1].static_response: this harness has no responses without a component; remove the key",
        ),
        (
            "route = \"/a\"\ncomponent = \"front\"\ncomponents = { middleware = [\"a\"] }",
            Kind::Unsupported,
            "spin.toml:12: trigger.http[1].components: this harness has no middleware components; remove the key",
        ),
        (
            "id = 1",
            Kind::WrongType,
            "spin.toml:10: trigger.http[1].id: this is the number 1; write a text in quotes",
        ),
    ] {
        check_error(
            &version_2(&format!("[[trigger.http]]\n{trigger}\n")),
            kind,
            want,
        );
    }
}
