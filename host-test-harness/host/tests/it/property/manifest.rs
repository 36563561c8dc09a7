//! No `spin.toml` makes the reader panic, and what it accepts stays within the manifest's folder.

use std::path::{Path, PathBuf};

use spin_harness::Manifest;
use spin_harness::manifest::Route;
use spin_harness::route::RouteTable;

/// What manifests may name.
const FILES: [&str; 5] = [
    "app.wasm",
    "assets/index.html",
    "assets/css/site.css",
    "assets/[odd] name*.txt",
    "docs/index.html",
];

/// A folder of an application.
pub(crate) struct Application(tempfile::TempDir);

impl Application {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in FILES {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        Self(folder)
    }

    /// Reads `input` as this application's `spin.toml`.
    pub(crate) fn check(&self, input: &[u8]) {
        let folder = self.0.path();
        std::fs::write(folder.join("spin.toml"), input).unwrap();
        let environment =
            |name: &str| (name == "SPIN_VARIABLE_HOST").then(|| "api.test".to_owned());
        match Manifest::read(folder, &environment) {
            Ok(manifest) => check_manifest(folder, &manifest),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                let n_lines = input.iter().filter(|byte| **byte == b'\n').count() + 1;
                let is_line = |line| (1..=n_lines).contains(&line);
                assert!(error.line().is_none_or(is_line), "{error}");
            }
        }
    }
}

fn check_manifest(folder: &Path, manifest: &Manifest) {
    for component in &manifest.components {
        assert!(component.source.is_file(), "{component:?}");
        for mount in &component.files {
            let source = mount.source.strip_prefix(folder).unwrap();
            assert!(is_plain(source), "{mount:?}");
            let destination = mount.destination.strip_prefix('/').unwrap();
            assert!(is_plain(Path::new(destination)), "{mount:?}");
        }
        for host in &component.allowed_outbound_hosts {
            manifest.variables.expand(&host.entry).unwrap();
        }
        drop(manifest.allow_list(component));
    }
    let mut paths = Vec::new();
    for route in &manifest.routes {
        assert!(manifest.component(&route.component).is_some(), "{route:?}");
        if let Route::Path(pattern) = &route.route {
            paths.push((pattern.clone(), &route.component));
        }
    }
    assert!(!manifest.routes.is_empty());
    let table = RouteTable::new(paths).unwrap();
    for path in ["/", "/a", "/a/b/c", "//", "/%2e%2e/"] {
        drop(table.find(path));
    }
    for warning in &manifest.warnings {
        assert!(!warning.to_string().is_empty());
    }
}

/// A path below the folder that it is joined to.
fn is_plain(path: &Path) -> bool {
    let rebuilt: PathBuf = path
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)))
        .collect();
    rebuilt == path
}
