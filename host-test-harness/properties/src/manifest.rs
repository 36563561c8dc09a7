//! No `spin.toml` makes the reader panic, and the files of a valid one are within the manifest's folder.

use std::path::{Path, PathBuf};

use harness_manifest::route::RouteTable;
use harness_manifest::{Manifest, Route};
use tempfile::TempDir;

/// The files that manifests may name.
const FILES: [&str; 5] = [
    "app.wasm",
    "assets/index.html",
    "assets/css/site.css",
    "assets/[odd] name*.txt",
    "docs/index.html",
];

/// The folder of an application. It is removed when the value is dropped.
#[derive(Debug)]
pub struct Application(TempDir);

impl Default for Application {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in FILES {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        Self(folder)
    }
}

impl Application {
    /// Reads `input` as the `spin.toml` of this application.
    pub fn check(&self, input: &[u8]) {
        let folder = self.0.path();
        std::fs::write(folder.join("spin.toml"), input).expect("a file");
        let environment =
            |name: &str| (name == "SPIN_VARIABLE_HOST").then(|| "api.test".to_owned());
        match Manifest::read_with(folder, &environment) {
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
        match manifest.component_files([component]) {
            Ok(files) => assert!(files.iter().all(|file| file.is_file()), "{component:?}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        for mount in &component.files {
            let source = mount
                .source
                .strip_prefix(folder)
                .expect("a file of the folder");
            assert!(is_plain(source), "{mount:?}");
            let destination = mount
                .destination
                .strip_prefix('/')
                .expect("an absolute path");
            assert!(is_plain(Path::new(destination)), "{mount:?}");
        }
        for host in &component.allowed_outbound_hosts {
            manifest
                .variables
                .expand(&host.entry)
                .expect("the reader has expanded it");
        }
        drop(manifest.allow_list(component));
    }
    let mut paths = Vec::new();
    for route in &manifest.routes {
        let id = route.target.component();
        assert!(
            id.is_none_or(|id| manifest.component(id).is_some()),
            "{route:?}"
        );
        if let Route::Path(pattern) = &route.route {
            paths.push((pattern.clone(), &route.target));
        }
    }
    assert!(!manifest.routes.is_empty());
    let table = RouteTable::new(paths).expect("the reader rejects duplicates");
    for path in ["/", "/a", "/a/b/c", "//", "/%2e%2e/"] {
        drop(table.find(path));
    }
    for warning in &manifest.warnings {
        assert!(!warning.to_string().is_empty());
    }
}

/// Returns whether the path stays within the folder that it is joined to.
fn is_plain(path: &Path) -> bool {
    let rebuilt: PathBuf = path
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)))
        .collect();
    rebuilt == path
}
