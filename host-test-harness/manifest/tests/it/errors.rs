//! Invalid manifests with their messages.
//!
//! Each file of `errors/` has cases of this form, separated by empty lines:
//!
//! ```text
//! # a statement about the case
//! the manifest, or the end of it
//! ---
//! the kind of the error
//! the message
//! ```
//!
//! `UPDATE_GOLDEN=1` rewrites the kinds and messages.

use std::path::{Path, PathBuf};

use crate::folder::{Folder, version_1, version_2};

#[test]
fn an_invalid_component_is_reported() {
    check("version_2_components", |text| {
        Folder::with_manifest(&version_2(text))
    });
}

#[test]
fn an_invalid_component_of_version_1_is_reported() {
    check("version_1_components", |text| {
        Folder::with_manifest(&version_1(text))
    });
}

#[test]
fn an_invalid_document_is_reported() {
    check("documents", Folder::with_manifest);
}

#[test]
fn an_invalid_variable_is_reported() {
    check("variables", |text| Folder::with_manifest(&version_2(text)));
}

#[test]
fn an_invalid_trigger_is_reported() {
    check("triggers", |text| {
        Folder::with_manifest(&version_2(&format!("[[trigger.http]]\n{text}")))
    });
}

#[test]
fn invalid_files_are_reported() {
    check("files", Folder::with_files);
}

struct Case<'a> {
    name: &'a str,
    text: &'a str,
    /// The kind and the message.
    want: &'a str,
}

impl<'a> Case<'a> {
    fn parse(block: &'a str) -> Self {
        let parse = || {
            let (name, rest) = block.strip_prefix("# ")?.split_once('\n')?;
            let (text, want) = rest.split_once("---")?;
            let want = want.trim_start();
            Some(Self { name, text, want })
        };
        parse().unwrap_or_else(|| panic!("not a case:\n{block}"))
    }

    fn got(&self, folder: impl FnOnce(&str) -> Folder) -> String {
        let (kind, message) = folder(self.text).error();
        format!("{kind:?}\n{message}")
    }
}

/// Reads the cases of a file, and reports all that differ.
#[track_caller]
fn check(file: &str, folder: impl Fn(&str) -> Folder) {
    let path = path(file);
    let content = std::fs::read_to_string(&path).unwrap();
    let cases = content.trim_end().split("\n\n").map(Case::parse);
    let (mut rewritten, mut failures) = (Vec::new(), Vec::new());
    for case in cases {
        let got = case.got(&folder);
        if got != case.want {
            failures.push(format!("{}\n got: {got}\nwant: {}", case.name, case.want));
        }
        rewritten.push(format!("# {}\n{}---\n{got}\n", case.name, case.text));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, rewritten.join("\n")).unwrap();
        return;
    }
    assert!(
        failures.is_empty(),
        "{} differs; UPDATE_GOLDEN=1 rewrites it\n\n{}",
        path.display(),
        failures.join("\n\n")
    );
}

fn path(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/errors");
    folder.join(file).with_extension("txt")
}
