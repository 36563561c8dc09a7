//! The data of valid manifests.

use harness_manifest::{AllowedHost, Manifest, Route, RouteTarget};

use crate::folder::{Folder, version_2};

fn entries(hosts: &[AllowedHost]) -> Vec<(&str, usize)> {
    hosts
        .iter()
        .map(|host| (host.entry.as_str(), host.line))
        .collect()
}

/// Each route with its component; the path of a private route is `private`.
fn routes(manifest: &Manifest) -> Vec<(&str, &str)> {
    manifest
        .routes
        .iter()
        .map(|route| {
            let path = match &route.route {
                Route::Path(pattern) => pattern.as_str(),
                Route::Private => "private",
            };
            (path, route.target.component().unwrap_or("static response"))
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
    let manifest = folder.manifest();
    assert_eq!(manifest.path, folder.path("spin.toml"));
    assert_eq!(manifest.name, "shop");
    assert_eq!(
        routes(&manifest),
        [
            ("/...", "front"),
            ("/admin/:page", "front"),
            ("private", "back"),
        ]
    );
    let [front, back] = &manifest.components[..] else {
        panic!("{manifest:?}")
    };
    assert_eq!((front.id.as_str(), front.line), ("front", 32));
    assert_eq!(
        manifest.component_files([front]).unwrap(),
        [folder.path("front.wasm")]
    );
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
    assert_eq!(back.build.as_ref().unwrap().workdir, folder.root());
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
        let manifest = folder.manifest();
        assert_eq!(routes(&manifest), [("/tea", "front"), ("/...", "back-end")]);
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
fn a_component_may_be_defined_inside_its_trigger() {
    let folder = Folder::with_manifest(
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
    let manifest = folder.manifest();
    assert_eq!(
        routes(&manifest),
        [
            ("/a", "http-trigger1-component"),
            ("/b", "http-trigger2-component"),
            ("/c", "c-component"),
            ("/d", "inline-component1"),
        ]
    );
    assert_eq!(manifest.components.len(), 4);
}

#[test]
fn a_static_response_needs_no_component() {
    let text = version_2("").replace(
        "[component.front]",
        "[[trigger.http]]\n\
         route = \"/old\"\n\
         static_response = { status_code = 302, headers = { location = \"/spin/\" } }\n\
         [[trigger.http]]\n\
         route = \"/\"\n\
         static_response = { body = \"hello\" }\n\
         [component.front]",
    );
    let manifest = Folder::with_manifest(&text).manifest();
    let responses: Vec<_> = manifest
        .routes
        .iter()
        .filter_map(|route| match &route.target {
            RouteTarget::StaticResponse(response) => Some(response),
            RouteTarget::Component(_) => None,
        })
        .map(|response| {
            let location = response.headers.get("location");
            let location = location.map(|value| value.to_str().unwrap());
            (response.status.as_u16(), location, &*response.body)
        })
        .collect();
    assert_eq!(responses, [(302, Some("/spin/"), ""), (200, None, "hello")]);
}

#[test]
fn the_file_of_a_component_is_needed_only_when_the_component_is() {
    let text = version_2(
        "[component.missing]\n\
         source = \"missing.wasm\"\n\
         [component.remote]\n\
         source = { url = \"https://a.test/b.wasm\", digest = \"sha256:1\" }\n",
    );
    let folder = Folder::with_manifest(&text);
    let manifest = folder.manifest();
    let front = manifest.component("front").unwrap();
    assert_eq!(
        manifest.component_files([front]).unwrap(),
        [folder.path("front.wasm")]
    );
    let error = manifest.component_files(&manifest.components).unwrap_err();
    let error = folder.short(&error.to_string());
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(
        lines[0].starts_with("spin.toml:10: component.missing.source: "),
        "{error}"
    );
    assert!(
        lines[1].starts_with("spin.toml:12: component.remote.source: "),
        "{error}"
    );
}
