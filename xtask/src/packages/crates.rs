//! The crates, as Cargo packs them, and unpacked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use super::VERSION;
use crate::cargo::cargo;
use crate::root;
use crate::step::{Failure, Step};

/// The packages that are published, and their folders, each after those that it depends on.
pub(crate) const CRATES: [(&str, &str); 10] = [
    ("spin-http-macro", "sdk-rust/macro"),
    ("spin-http", "sdk-rust"),
    ("outbound-policy", "host-test-harness/policy"),
    ("harness-manifest", "host-test-harness/manifest"),
    ("harness-outbound", "host-test-harness/outbound"),
    ("spin-harness", "host-test-harness/host"),
    ("harness-driver", "host-test-harness/driver"),
    ("harness-traffic", "host-test-harness/traffic"),
    ("probe-protocol", "host-test-harness/protocol"),
    ("spin-harness-cli", "host-test-harness/cli"),
];

/// The files of the root that are read with each crate, and that a package needs no copy of.
const OF_CARGO: [&str; 2] = ["Cargo.toml", "clippy.toml"];

/// Makes `crates/NAME-VERSION.crate`, the folders `crates/NAME` with what these contain, and the tables with which Cargo
/// takes the folders instead of a registry's crates: `crates/patch.toml` for the SDK, `crates/patch-harness.toml` for the
/// other ones. Cargo warns of each entry that a program does not use.
///
/// It compiles nothing: the crates that depend on wasmtime would compile it once more each.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    let packed = root().join("target/packing");
    let mut package = cargo([
        "package",
        "--quiet",
        "--locked",
        "--no-verify",
        "--allow-dirty",
    ]);
    package.arg("--target-dir").arg(&packed);
    for (name, _) in CRATES {
        package.args(["--package", name]);
    }
    Step::new("cargo package").run(package)?;

    let crates = folder.join("crates");
    fs::create_dir_all(&crates)?;
    let mut sdk = String::from("\n[patch.crates-io]\n");
    let mut harness = sdk.clone();
    for (name, of) in CRATES {
        let file = format!("{name}-{VERSION}.crate");
        fs::copy(packed.join("package").join(&file), crates.join(&file))?;
        let unpacked = crates.join(name);
        fs::create_dir_all(&unpacked)?;
        let mut unpack = Command::new("tar");
        unpack
            .args(["--extract", "--gzip", "--strip-components", "1", "--file"])
            .arg(crates.join(&file))
            .arg("--directory")
            .arg(&unpacked);
        run(&mut unpack)?;
        require_documents(&unpacked)?;
        let path = unpacked.display().to_string();
        let patch = if of.starts_with("sdk-rust") {
            &mut sdk
        } else {
            &mut harness
        };
        *patch += &format!("{name} = {{ path = {path:?} }}\n");
    }
    fs::write(crates.join("patch.toml"), sdk)?;
    Ok(fs::write(crates.join("patch-harness.toml"), harness)?)
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{command:?} failed: {status}")))
}

fn require_documents(unpacked: &Path) -> Result<(), Failure> {
    for name in ["LICENSE", "CHANGELOG.md", "README.md"] {
        if !unpacked.join(name).is_file() {
            return Err(Failure::new(format!(
                "the package {} has no {name}",
                unpacked.display()
            )));
        }
    }
    Ok(())
}

/// Checks that the crates contain every file that their build reads. `dependencies` is the list that Cargo wrote when it
/// built the command, in the syntax of make.
pub(crate) fn check_files(dependencies: &Path, folder: &Path) -> Result<(), Failure> {
    let step = Step::new("the crates contain the files that they are built from");
    let text = fs::read_to_string(dependencies)?;
    let mut own = text
        .split_whitespace()
        .skip(1)
        .filter_map(|file| Path::new(file).strip_prefix(root()).ok())
        .filter(|file| !OF_CARGO.iter().any(|name| *file == Path::new(name)))
        .peekable();
    if own.peek().is_none() {
        return Err(Failure::new(format!(
            "{} names no file of {}",
            dependencies.display(),
            root().display()
        )));
    }
    let links = links()?;
    let missing: BTreeSet<_> = own
        .filter(|file| !is_packed(file, &links, &folder.join("crates")))
        .map(|file| without_parents(file).display().to_string())
        .collect();
    if missing.is_empty() {
        step.finish("done");
        return Ok(());
    }
    Err(Failure::new(format!(
        "the command is built from files that are in no package: {}",
        Vec::from_iter(missing).join(", ")
    )))
}

/// A symbolic link in the folder of a crate, and the folder that it names, relative to the root.
struct Link {
    path: PathBuf,
    target: PathBuf,
}

fn links() -> Result<Vec<Link>, Failure> {
    let mut links = Vec::new();
    for (_, of) in CRATES {
        for entry in fs::read_dir(root().join(of))? {
            let entry = entry?;
            let target = fs::canonicalize(entry.path())?;
            if let (true, Ok(target)) =
                (entry.file_type()?.is_symlink(), target.strip_prefix(root()))
            {
                links.push(Link {
                    path: Path::new(of).join(entry.file_name()),
                    target: target.to_owned(),
                });
            }
        }
    }
    Ok(links)
}

/// Whether a package has a file of the checkout. A path with `..` is one that the source names from its own folder. For a
/// file behind a link, macros and Cargo may name the folder that the link leads to.
fn is_packed(file: &Path, links: &[Link], crates: &Path) -> bool {
    let has = |file: &Path| {
        CRATES.iter().any(|(name, of)| {
            let inside = file.strip_prefix(of);
            inside.is_ok_and(|file| crates.join(name).join(file).exists())
        })
    };
    let is_relative = file.components().any(|part| part == Component::ParentDir);
    let behind = |link: &Link| {
        let inside = file.strip_prefix(&link.target);
        inside.is_ok_and(|file| has(&link.path.join(file)))
    };
    has(&without_parents(file)) || (!is_relative && links.iter().any(behind))
}

/// The path without `..`, which a source file may have appended to its folder.
fn without_parents(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            result.pop();
        } else {
            result.push(component);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_of_the_workspace_is_published_or_says_that_it_is_not() {
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let (_, members) = manifest.split_once("members = [").unwrap();
        let (members, _) = members.split_once(']').unwrap();
        let published: BTreeSet<_> = members
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|folder| {
                let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
                !text.contains("\npublish = false\n")
            })
            .collect();
        assert_eq!(published, CRATES.map(|(_, folder)| folder).into());
    }

    #[test]
    fn a_file_that_is_in_no_package_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("command.d");
        let packed = folder.path().join("crates/spin-harness/wit/worlds.wit");
        super::super::create_parent(&packed).unwrap();
        fs::write(&packed, "").unwrap();
        let host = root().join("host-test-harness/host");
        let check = |file: &str| {
            let file = host.join(file);
            fs::write(&list, format!("command: /usr/lib.rs {}\n", file.display())).unwrap();
            check_files(&list, folder.path()).map_err(|failure| failure.to_string())
        };
        assert_eq!(check("src/../wit/worlds.wit"), Ok(()));
        // The same file, by the folder that the link leads to.
        fs::write(
            &list,
            format!("command: {}\n", root().join("wit/worlds.wit").display()),
        )
        .unwrap();
        check_files(&list, folder.path()).unwrap();
        let problem = check("src/../../../wit/worlds.wit").unwrap_err();
        let want = "the command is built from files that are in no package: wit/worlds.wit";
        assert_eq!(problem, want);
    }
}
