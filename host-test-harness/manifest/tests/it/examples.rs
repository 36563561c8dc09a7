//! The manifests of the examples.

use std::path::Path;

use crate::folder::Folder;

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
        let manifest = folder.manifest();
        assert!(manifest.warnings.is_empty(), "{:?}", manifest.warnings);
    }
    assert!(n_manifests > 0);
}
