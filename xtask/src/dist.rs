//! Makes everything that a release publishes, in `target/dist`. It publishes nothing; RELEASING.md has the commands that do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cargo::cargo;
use crate::packages::{self, Build, VERSION, crates, go_module, npm};
use crate::python::{HARNESS, RELEASE_TOOLS};
use crate::step::{self, Failure, Step};
use crate::{go, javascript, python, root, setup};

/// The version of cargo-cyclonedx, which lists the dependencies of the command.
const CARGO_CYCLONEDX_VERSION: &str = "0.5.9";

/// The time limit of a build, most of which is wasmtime: 12 minutes of a processor, which other work may share.
const BUILD_LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

/// A processor that the command and the wheel are built for, on Linux.
struct Target {
    /// The processor, as `uname -m` and Rust name it.
    machine: &'static str,
    /// The processor, as Node names it.
    node: &'static str,
}

const TARGETS: [Target; 2] = [
    Target {
        machine: "x86_64",
        node: "x64",
    },
    Target {
        machine: "aarch64",
        node: "arm64",
    },
];

impl Target {
    /// A C library that is linked statically, so that the command runs on any Linux.
    fn of_command(&self) -> String {
        format!("{}-unknown-linux-musl", self.machine)
    }

    /// The C library of the Python that loads the extension module.
    fn of_wheel(&self) -> String {
        format!("{}-unknown-linux-gnu", self.machine)
    }
}

/// Makes the packages from the commit that is checked out.
pub(crate) fn run() -> Result<(), Failure> {
    require_commit()?;
    for language in [&python::LANGUAGE, &javascript::LANGUAGE, &go::LANGUAGE] {
        if !language.is_available()? {
            return Err(Failure::new(format!(
                "a release has the packages of all languages; {}",
                language.install
            )));
        }
        (language.setup)()?;
    }
    install_targets()?;
    Step::new("install the tools of releases: zig").run_all(RELEASE_TOOLS.install())?;

    let folder = root().join("target/dist");
    packages::remove_folder(&folder)?;
    crates::make(&folder)?;
    let source = source_of_crates(&folder)?;
    let mut builds = Vec::new();
    for target in &TARGETS {
        builds.push(build_command(target, &source, &folder)?);
    }
    npm::make(&builds, &folder)?;
    packages::python::make(&folder)?;
    for target in &TARGETS {
        build_wheel(target, &folder)?;
    }
    go_module::make(&folder)?;
    list_dependencies(&source, &folder)?;
    write_checksums(&folder)?;
    step::print(&summary(&folder)?)
}

/// A release is made from a commit, which its packages name.
fn require_commit() -> Result<(), Failure> {
    let mut status = Command::new("git");
    status.args(["status", "--porcelain"]).current_dir(root());
    let output = status.output()?;
    let changed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && changed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "a release is made from a commit; commit or remove these files first:\n{changed}{}",
        String::from_utf8_lossy(&output.stderr)
    )))
}

/// A workspace of the unpacked crates, with the versions of the lock file: what is built from it is built from the
/// packages alone.
fn source_of_crates(folder: &Path) -> Result<PathBuf, Failure> {
    let source = root().join("target/dist-build/source");
    packages::remove_folder(&source)?;
    fs::create_dir_all(&source)?;
    let crates = folder.join("crates");
    let mut manifest = String::from("[workspace]\nresolver = \"3\"\nmembers = [\n");
    for (name, _) in crates::CRATES {
        packages::copy_folder(&crates.join(name), &source.join(name))?;
        manifest += &format!("    \"{name}\",\n");
    }
    manifest += "]\n\n[profile.release]\nstrip = true\n\n[patch.crates-io]\n";
    for (name, _) in crates::CRATES {
        manifest += &format!("{name} = {{ path = \"{name}\" }}\n");
    }
    fs::write(source.join("Cargo.toml"), manifest)?;
    fs::copy(root().join("Cargo.lock"), source.join("Cargo.lock"))?;
    Ok(source)
}

/// Builds the command for a target. Its folder in `bin` is named as `uname -m` says, and its archive has the documents.
fn build_command(target: &Target, source: &Path, folder: &Path) -> Result<Build, Failure> {
    let triple = target.of_command();
    let out = root().join("target/dist-build");
    let mut build = RELEASE_TOOLS.tool("cargo-zigbuild", ["zigbuild", "--release", "--target"]);
    build
        .arg(&triple)
        .args(["--package", "spin-harness-cli", "--target-dir"])
        .arg(&out)
        .current_dir(source);
    crate::cargo::remove_own_environment(&mut build);
    Step::new(format!(
        "build the command for {triple} from the crates (wasmtime takes 12 minutes of a processor)"
    ))
    .limit(BUILD_LIMIT)
    .run(build)?;
    let bin = folder.join("bin");
    let command = bin.join(target.machine).join("spin-harness");
    packages::create_parent(&command)?;
    fs::copy(out.join(&triple).join("release/spin-harness"), &command)?;

    let name = format!("spin-harness-{VERSION}-{triple}");
    let contents = tempfile::tempdir()?;
    let inside = contents.path().join(&name);
    fs::create_dir(&inside)?;
    fs::copy(&command, inside.join("spin-harness"))?;
    packages::copy_documents(&inside)?;
    fs::copy(
        root().join("host-test-harness/README.md"),
        inside.join("README.md"),
    )?;
    let mut tar = Command::new("tar");
    tar.args(["--create", "--gzip", "--file"])
        .arg(bin.join(format!("{name}.tar.gz")))
        .arg(&name)
        .current_dir(contents.path());
    Step::new(format!("pack {name}")).run(tar)?;
    Ok(Build {
        command,
        node: ("linux", target.node),
    })
}

/// Builds the wheel of `spin-harness` for a target. Its tag says which C library it needs.
fn build_wheel(target: &Target, folder: &Path) -> Result<(), Failure> {
    let triple = target.of_wheel();
    let mut build = RELEASE_TOOLS.tool(
        "maturin",
        ["build", "--release", "--strip", "--locked", "--zig"],
    );
    build
        .args(["--compatibility", "manylinux2014", "--target"])
        .arg(&triple)
        .arg("--manifest-path")
        .arg(root().join(HARNESS).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(root().join("target/dist-build"))
        .arg("--out")
        .arg(folder.join("python"));
    crate::cargo::remove_own_environment(&mut build);
    Step::new(format!("build the wheel for {triple}"))
        .limit(BUILD_LIMIT)
        .run(build)
}

/// Writes what the packages depend on, in the format `CycloneDX`.
fn list_dependencies(source: &Path, folder: &Path) -> Result<(), Failure> {
    let sbom = folder.join("sbom");
    fs::create_dir_all(&sbom)?;
    setup::cargo_tool("cargo-cyclonedx", CARGO_CYCLONEDX_VERSION)?;
    let mut of_crates = cargo(["cyclonedx", "--format", "json", "--all", "--manifest-path"]);
    of_crates
        .arg(source.join("Cargo.toml"))
        .env("PATH", tools_first()?);
    Step::new("list the dependencies of the crates").run(of_crates)?;
    for (name, _) in crates::CRATES {
        let file = format!("{name}.cdx.json");
        fs::copy(source.join(name).join(&file), sbom.join(file))?;
    }
    let step = Step::new("list the dependencies of spin-fetch");
    let mut of_npm = javascript::npm(&root().join("sdk-js-shim"), ["sbom", "--omit=dev"]);
    of_npm.arg("--sbom-format=cyclonedx");
    let output = of_npm.output()?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "`npm sbom` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    fs::write(sbom.join("spin-fetch.cdx.json"), output.stdout)?;
    step.finish("done");
    Ok(())
}

/// `PATH` with the folder of the tools that Cargo calls as subcommands.
fn tools_first() -> Result<std::ffi::OsString, Failure> {
    let mut path = vec![root().join("target/tools/bin")];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    std::env::join_paths(path).map_err(|error| Failure::new(error.to_string()))
}

/// Writes `SHA256SUMS`, which `sha256sum --check` reads.
fn write_checksums(folder: &Path) -> Result<(), Failure> {
    let files = files(folder)?;
    let mut sums = Command::new("sha256sum");
    sums.args(&files).current_dir(folder);
    let output = sums.output()?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "`sha256sum` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    Ok(fs::write(folder.join("SHA256SUMS"), output.stdout)?)
}

/// The files to publish, relative to the folder and sorted: without the unpacked crates.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(parent) = folders.pop() {
        for entry in fs::read_dir(&parent)? {
            let path = entry?.path();
            if !path.is_dir() {
                let inside = path.strip_prefix(folder).unwrap_or(&path);
                files.push(inside.to_owned());
            } else if !parent.ends_with("crates") {
                folders.push(path);
            }
        }
    }
    files.retain(|file| {
        !file.starts_with("crates") || file.extension().is_some_and(|e| e == "crate")
    });
    files.sort();
    Ok(files)
}

/// Each file with its size in bytes.
fn summary(folder: &Path) -> Result<String, Failure> {
    let mut lines = format!("{}:", folder.display());
    for file in files(folder)? {
        let size = fs::metadata(folder.join(&file))?.len();
        lines += &format!("\n{size:>12}  {}", file.display());
    }
    Ok(lines)
}

/// Installs the standard libraries of the targets.
fn install_targets() -> Result<(), Failure> {
    let triples: Vec<_> = TARGETS
        .iter()
        .flat_map(|target| [target.of_command(), target.of_wheel()])
        .collect();
    setup::targets(&triples.iter().map(String::as_str).collect::<Vec<_>>())
}
