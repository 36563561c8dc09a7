//! The test in the README of the repository is a test that passes. Its block is ignored by the documentation tests of
//! `sdk-rust`, which does not depend on the harness.

mod mocked;

use std::path::Path;

use test_support::guests::{build, example_folder};

/// The manifest of the README's example, whose component is built.
fn built(manifest: &str) -> String {
    let folder = example_folder("rust-outbound-http");
    build(&folder, "wasm32-wasip2");
    let path = folder.join(manifest);
    path.into_os_string().into_string().unwrap()
}

#[test]
fn the_readme_has_the_test() {
    let shown = include_str!("readme/mocked.rs")
        .replace("use super::built;\n", "")
        .replace("built(\"spin.toml\")", "\"spin.toml\"");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    assert!(
        readme.contains(&format!("```rust,ignore\n{shown}```\n")),
        "{shown}"
    );
}

#[test]
fn a_test_in_the_readme_of_an_example_is_one_of_its_tests() {
    let mut n_tests = 0;
    for entry in std::fs::read_dir(example_folder("")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(tests) = std::fs::read_to_string(folder.join("component-tests/tests/component.rs"))
        else {
            continue;
        };
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        let shown = readme.split("```rust\n").skip(1);
        for shown in shown.filter_map(|block| block.split("```").next()) {
            assert!(tests.contains(shown), "{}: {shown}", folder.display());
            n_tests += 1;
        }
    }
    assert!(n_tests >= 5, "{n_tests}");
}
