//! What a right manifest says.

use std::path::Path;

use spin_harness::manifest::{AllowedHost, Manifest, ManifestVersion, Route};

use super::{Folder, environment, version_2};

#[track_caller]
fn manifest(text: &str) -> Manifest {
    Folder::with_manifest(text)
        .read()
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn entries(hosts: &[AllowedHost]) -> Vec<(&str, usize)> {
    hosts
        .iter()
        .map(|host| (host.entry.as_str(), host.line))
        .collect()
}

/// Each route with its trigger and component; private ones are `private`.
fn routes(manifest: &Manifest) -> Vec<(&str, &str, &str)> {
    manifest
        .routes
        .iter()
        .map(|route| {
            let path = match &route.route {
                Route::Path(pattern) => pattern.as_str(),
                Route::Private => "private",
            };
            (path, route.component.as_str(), route.trigger.as_str())
        })
        .collect()
}

#[test]
fn version_2_is_read() {
    let folder = Folder::with_manifest(
        r#"spin_manifest_version = 2

[application]
name = "shop"
version = "0.1.0"
description = "A shop"
authors = ["somebody"]
targets = ["spin-up:3.3"]
[application.trigger.redis]
address = "redis://localhost"
[application.tool.some]
setting = 1

[variables]
api_host = { required = true }
token = { default = "none", secret = true, description = "A token" }

[[trigger.http]]
route = "/..."
component = "front"

[[trigger.http]]
id = "admin"
route = "/admin/:page"
component = "front"
executor = { type = "http" }

[[trigger.http]]
route = { private = true }
component = "back"

[component.front]
source = "front.wasm"
description = "The front"
environment = { LEVEL = "{{ debug }}", A = "" }
allowed_outbound_hosts = [
    "https://{{ api_host }}",
    "http://back.spin.internal",
]
key_value_stores = ["default"]
sqlite_databases = ["default"]
ai_models = ["llama2-chat"]
targets = []
dependencies_inherit_configuration = true
dependencies = {}
variables = { url = "https://{{api_host}}/{{  token  }}", plain = "}} {" }
[component.front.build]
command = ["npm install", "npm run build"]
workdir = "front"
watch = ["src/**/*.js"]
[component.front.profile.debug]
source = "debug.wasm"
[component.front.tool.some]
setting = 1

[component.back]
source = "back.wasm"
allowed_http_hosts = ["api.test"]
build = { command = "make" }
"#,
    );
    let manifest = folder.read().unwrap();
    assert_eq!(manifest.path, folder.path("spin.toml"));
    assert_eq!(manifest.version, ManifestVersion::Two);
    assert_eq!(manifest.name, "shop");
    assert_eq!(
        routes(&manifest),
        [
            ("/...", "front", "front-http-trigger"),
            ("/admin/:page", "front", "admin"),
            ("private", "back", "back-http-trigger"),
        ]
    );
    let [front, back] = &manifest.components[..] else {
        panic!("{manifest:?}")
    };
    assert_eq!((front.id.as_str(), front.line), ("front", 32));
    assert_eq!(front.source, folder.path("front.wasm"));
    assert_eq!(
        front.environment,
        [
            ("LEVEL".to_owned(), "{{ debug }}".to_owned()),
            ("A".to_owned(), String::new())
        ]
    );
    assert_eq!(
        entries(&front.allowed_outbound_hosts),
        [
            ("https://{{ api_host }}", 37),
            ("http://back.spin.internal", 38)
        ]
    );
    assert_eq!(entries(&front.allowed_http_hosts), []);
    assert_eq!(front.variables.get("url"), Some("https://api.test/none"));
    assert_eq!(front.variables.get("plain"), Some("}} {"));
    assert_eq!(front.variables.get("token"), None);
    let build = front.build.as_ref().unwrap();
    assert_eq!(build.commands, ["npm install", "npm run build"]);
    assert_eq!(build.workdir, folder.path("front"));
    assert_eq!(build.watch, ["src/**/*.js"]);
    assert_eq!(entries(&back.allowed_http_hosts), [("api.test", 58)]);
    assert_eq!(back.build.as_ref().unwrap().commands, ["make"]);
    assert_eq!(back.build.as_ref().unwrap().workdir, folder.0);
    assert_eq!(manifest.component("back"), Some(back));
    assert_eq!(manifest.component("none"), None);
}

#[test]
fn version_1_is_read() {
    for version in ["spin_version = \"1\"", "spin_manifest_version = \"1\""] {
        let folder = Folder::with_manifest(&format!(
            r#"{version}
name = "shop"
version = "1.0.0"
description = "A shop"
authors = ["somebody"]
namespace = "none"
trigger = {{ type = "http", base = "/base" }}

[variables]
api_host = {{ required = true }}

[[component]]
id = "front"
source = "front.wasm"
allowed_http_hosts = ["https://api.test:8443", "self"]
allowed_outbound_hosts = ["redis://localhost:6379"]
environment = {{ A = "1" }}
[component.trigger]
route = "/tea"
executor = {{ type = "spin" }}
[component.config]
url = "https://{{{{ api_host }}}}"

[[component]]
id = "Back_End"
source = "back.wasm"
[component.trigger]
route = "/..."
"#
        ));
        let manifest = folder.read().unwrap();
        assert_eq!(manifest.version, ManifestVersion::One);
        assert_eq!(
            routes(&manifest),
            [
                ("/tea", "front", "trigger-front"),
                ("/...", "back-end", "trigger-back-end")
            ]
        );
        let Route::Path(tea) = &manifest.routes[0].route else {
            panic!("{manifest:?}")
        };
        assert_eq!((tea.base(), tea.with_base()), ("/base", "/base/tea"));
        let front = manifest.component("front").unwrap();
        assert_eq!(
            entries(&front.allowed_http_hosts),
            [("https://api.test:8443", 15), ("self", 15)]
        );
        assert_eq!(
            entries(&front.allowed_outbound_hosts),
            [("redis://localhost:6379", 16)]
        );
        assert_eq!(front.variables.get("url"), Some("https://api.test"));
        assert_eq!(manifest.variables.get("api_host"), Some("api.test"));
    }
}

#[test]
fn the_manifests_of_the_examples_are_read() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut n_manifests = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path().join("spin.toml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        n_manifests += 1;
        let folder = Folder::with_manifest(&text);
        for line in text.lines() {
            if let Some(source) = line.strip_prefix("source = ") {
                folder.write(source.trim_matches('"'), "");
            }
        }
        let manifest = folder.read().unwrap();
        assert!(manifest.warnings.is_empty(), "{:?}", manifest.warnings);
    }
    assert!(n_manifests > 0);
}

#[test]
fn a_component_may_stand_in_its_trigger() {
    let manifest = manifest(
        r#"spin_manifest_version = 2
application = { name = "shop" }
[[trigger.http]]
route = "/a"
component = { source = "front.wasm" }
[[trigger.http]]
route = "/b"
component = { source = "back.wasm" }
[[trigger.http]]
id = "c"
route = "/c"
component = { source = "back.wasm" }
[[trigger.http]]
id = "4"
route = "/d"
component = { source = "back.wasm" }
"#,
    );
    assert_eq!(
        routes(&manifest),
        [
            ("/a", "http-trigger1-component", "http-trigger1"),
            ("/b", "http-trigger2-component", "http-trigger2"),
            ("/c", "c-component", "c"),
            ("/d", "inline-component1", "4"),
        ]
    );
    assert_eq!(manifest.components.len(), 4);
}

#[test]
fn a_manifest_is_read_by_its_own_name_too() {
    let folder = Folder::new();
    folder.write("other.toml", version_2(""));
    let path = folder.path("other.toml");
    assert_eq!(Manifest::read(&path, &environment).unwrap().path, path);
}

#[test]
fn a_variable_has_the_value_of_the_environment_else_its_default() {
    let text = version_2(
        "[variables]\n\
         api_host = { default = \"default.test\" }\n\
         other = { default = \"\" }\n",
    );
    let manifest = manifest(&text);
    let values: Vec<_> = manifest.variables.iter().collect();
    assert_eq!(values, [("api_host", "api.test"), ("other", "")]);
    for (template, want) in [
        ("", Ok("")),
        ("plain", Ok("plain")),
        ("{{ api_host }}", Ok("api.test")),
        (
            "https://{{api_host}}:{{\tother }}/",
            Ok("https://api.test:/"),
        ),
        ("{ api_host } }} {", Ok("{ api_host } }} {")),
        ("{{ api_host", Err("a `{{` has no `}}`; write `{{ name }}`")),
        (
            "{{ none }}",
            Err(
                "there is no variable `none`; define it under `[variables]`, or correct the name in `{{ none }}`",
            ),
        ),
        (
            "{{{ other }}}",
            Err(
                "there is no variable `{ other`; define it under `[variables]`, or correct the name in `{{ { other }}`",
            ),
        ),
    ] {
        let got = manifest
            .variables
            .expand(template)
            .map_err(|error| error.to_string());
        let want = want.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(got, want, "{template}");
    }
}

#[test]
fn no_debug_output_shows_the_value_of_a_variable() {
    let text = version_2(
        "variables = { url = \"{{ token }}\" }\n\
         [variables]\n\
         token = { default = \"hunter2\", secret = true }\n",
    );
    let manifest = manifest(&text);
    assert_eq!(
        manifest.component("front").unwrap().variables.get("url"),
        Some("hunter2")
    );
    assert!(!format!("{manifest:?}").contains("hunter2"), "{manifest:?}");
    for broken in ["x", "x = 1979-05-27T07:32:00Z\n", "token2 = \"hunter2\"\n"] {
        let error = Folder::with_manifest(&format!("{text}{broken}"))
            .read()
            .unwrap_err();
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
    }
}
