//! Applications in temporary folders, loaded from their manifests.

use std::path::Path;

use spin_harness::{Application, HarnessBuilder, Limits, Manifest};
use tempfile::TempDir;

use crate::guests::{builder, probe_path};

/// Creates a folder with a manifest of version 2: an HTTP trigger for each (route, component), then the text `rest`.
///
/// `COMPONENT` in `rest` is replaced by the path of the wire probe, and `SERVICES` by the path of the guest that reads
/// variables and uses key-value stores. The route `private` is a private trigger.
pub fn folder(routes: &[(&str, &str)], rest: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_manifest(folder.path(), routes, rest);
    folder
}

/// Writes the manifest of [`folder`].
pub fn write_manifest(folder: &Path, routes: &[(&str, &str)], rest: &str) {
    let mut text = "spin_manifest_version = 2\napplication.name = \"test\"\n\n".to_owned();
    for (route, component) in routes {
        let route = match *route {
            "private" => "{ private = true }".to_owned(),
            path => format!("\"{path}\""),
        };
        text += &format!("[[trigger.http]]\nroute = {route}\ncomponent = \"{component}\"\n\n");
    }
    let path = |name| {
        let path = probe_path(name).into_os_string().into_string();
        path.expect("a UTF-8 path")
    };
    text += &rest
        .replace("COMPONENT", &path("wire_probe"))
        .replace("SERVICES", &path("services_probe"));
    std::fs::write(folder.join("spin.toml"), text).expect("the folder can be written");
}

/// Loads the application of a folder into a new harness.
pub fn load(folder: &Path, builder: HarnessBuilder) -> Application {
    let manifest = Manifest::read_with(folder, &|_| None).expect("the manifest is valid");
    let harness = builder.build().expect("the harness starts");
    Application::builder(&harness, &manifest)
        .load()
        .expect("the application loads")
}

/// An application of two wire probes that may call each other: `front` at `/...`, `back` at `/back/...`.
pub fn two_components(limits: Limits) -> Application {
    let rest = "
[component.front]
source = \"COMPONENT\"
allowed_outbound_hosts = [\"http://self\", \"http://back.spin.internal\", \"http://none.spin.internal\"]

[component.back]
source = \"COMPONENT\"
allowed_outbound_hosts = [\"http://self\"]
";
    let folder = folder(&[("/...", "front"), ("/back/...", "back")], rest);
    load(folder.path(), builder(limits))
}
