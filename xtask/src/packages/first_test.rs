//! Runs a section of `docs/first-test.md` in a new folder, with the packages alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Build, create_parent, oldest};
use crate::root;
use crate::step::{Failure, Step};

const DOCUMENT: &str = "docs/first-test.md";

/// It shows the guest of the README too.
const MIGRATING: &str = "docs/migrating.md";

/// The time limit of a section. Most of the time, a tool of the language compiles the component.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Variables with which a program would find the checkout, or what is installed for it.
const OF_THE_CHECKOUT: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "NODE_PATH",
    "PYTHONPATH",
    "RUSTC_WORKSPACE_WRAPPER",
    "SPIN_HARNESS",
    "VIRTUAL_ENV",
];

/// A section: its files, and its commands.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    files: Vec<(String, String)>,
    commands: String,
}

/// Runs the section of a language, in its oldest version, with the packages in `packages`.
pub(crate) fn run(language: &str, packages: &Path, build: &Build) -> Result<(), Failure> {
    let document = fs::read_to_string(root().join(DOCUMENT))?;
    let section = section(&document, language)
        .ok_or_else(|| Failure::new(format!("{DOCUMENT} has no section `## {language}`")))?;
    check_guest(language, &section)?;
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("first");
    for (name, text) in &section.files {
        let file = folder.join(name);
        create_parent(&file)?;
        fs::write(file, text)?;
    }
    let (os, cpu) = build.node;
    // The document names the package of one platform.
    let commands = section
        .commands
        .replace("linux-x64", &format!("{os}-{cpu}"));
    let mut shell = Command::new("bash");
    shell
        .args(["-euxo", "pipefail", "-c", &commands])
        .current_dir(&folder)
        .env("DIST", packages)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .envs(oldest::environment(language, temporary.path(), build)?)
        .envs(pinned(language, packages, temporary.path())?);
    for name in OF_THE_CHECKOUT {
        shell.env_remove(name);
    }
    Step::new(format!("{DOCUMENT}: {language}"))
        .limit(LIMIT)
        .run(shell)
}

/// The section of a language, if the document has one.
fn section(document: &str, language: &str) -> Option<Section> {
    let heading = format!("\n## {language}\n");
    let (_, text) = document.split_once(&heading)?;
    let text = text.split("\n## ").next().unwrap_or(text);
    let mut section = Section::default();
    let mut name = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            let block = format!("{}\n", block.join("\n"));
            match name.take() {
                Some(name) => section.files.push((name, block)),
                None if fence == "sh" => section.commands += &block,
                None => {}
            }
        } else if let Some(file) = line
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix("`:"))
        {
            name = Some(file.to_owned());
        }
    }
    Some(section)
}

/// The guest is the one that the README of the project shows in that language, here and where it is shown again.
fn check_guest(language: &str, section: &Section) -> Result<(), Failure> {
    let fence = match language {
        "JavaScript" => "js",
        other => &other.to_lowercase(),
    };
    let readme = fs::read_to_string(root().join("README.md"))?;
    let block = readme
        .split_once(&format!("\n```{fence}\n"))
        .and_then(|(_, rest)| rest.split_once("\n```\n"))
        .map(|(block, _)| block)
        .ok_or_else(|| Failure::new(format!("README.md has no block of {language}")))?;
    let migrating = fs::read_to_string(root().join(MIGRATING))?;
    if migrating.contains(&format!("\n```{fence}")) && !migrating.contains(block) {
        return Err(Failure::new(format!(
            "{MIGRATING} has not the guest of README.md in {language}:\n{block}"
        )));
    }
    if section.files.iter().any(|(_, text)| text.contains(block)) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "no file of the section {language} of {DOCUMENT} has the guest of README.md:\n{block}"
    )))
}

/// The environment that keeps the versions of other packages those of the lock files, and the caches of a language
/// from an earlier version of the packages.
fn pinned(
    language: &str,
    packages: &Path,
    folder: &Path,
) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    match language {
        "Python" => {
            let lock = fs::read_to_string(root().join("sdk-python-shim/requirements.txt"))?;
            let versions: Vec<_> = lock
                .lines()
                .filter(|line| line.contains("=="))
                .map(|line| line.trim_end_matches(['\\', ' ']))
                .collect();
            let file = folder.join("constraints.txt");
            fs::write(&file, versions.join("\n"))?;
            Ok(vec![("PIP_CONSTRAINT", file)])
        }
        "Go" => Ok(vec![
            ("GOMODCACHE", folder.join("modules")),
            // Else the folder could not be removed.
            ("GOFLAGS", "-modcacherw".into()),
        ]),
        "Rust" => {
            let lock = packages.join("crates/spin-http/Cargo.lock");
            fs::copy(lock, folder.join("Cargo.lock"))?;
            // What the crate depends on is compiled already.
            Ok(vec![(
                "CARGO_BUILD_BUILD_DIR",
                root().join("target/guests"),
            )])
        }
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_files_and_commands() {
        let document = "# T\n\n## A\n\n`a/b.txt`:\n\n```text\none\n\ntwo\n```\n\n```text\nshown\n```\n\n```sh\nx\ny\n```\n\n## B\n\n```sh\nz\n```\n";
        let want = Section {
            files: vec![("a/b.txt".to_owned(), "one\n\ntwo\n".to_owned())],
            commands: "x\ny\n".to_owned(),
        };
        assert_eq!(section(document, "A"), Some(want));
        assert_eq!(section(document, "C"), None);
    }

    #[test]
    fn a_guest_that_is_not_the_one_of_the_readme_is_found() {
        let problem = check_guest("Go", &Section::default()).unwrap_err();
        let start = "no file of the section Go of docs/first-test.md has the guest of README.md:\n";
        assert!(problem.to_string().starts_with(start), "{problem}");
    }
}
