//! The npm packages: `outbound-policy`, `spin-fetch`, `spin-harness`, and one for each platform with the command.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Build, DOCUMENTS, VERSION, copy_documents, copy_folder, create_parent};
use crate::javascript::npm;
use crate::root;
use crate::step::{Failure, Step};

/// The packages whose files `npm run build` makes, and their folders.
const PACKAGES: [(&str, &str); 3] = [
    ("outbound-policy", "host-test-harness/policy-js"),
    ("spin-fetch", "sdk-js-shim"),
    ("spin-harness", "host-test-harness/node"),
];

/// Makes the tarballs in the folder `npm`.
pub(crate) fn make(builds: &[Build], folder: &Path) -> Result<(), Failure> {
    let tarballs = folder.join("npm");
    fs::create_dir_all(&tarballs)?;
    let parts = tempfile::tempdir()?;
    let mut commands = Vec::new();
    for (name, source) in PACKAGES {
        let source = root().join(source);
        let package = parts.path().join(name);
        // The files that `files` of package.json names, from the build that `npm pack` would make.
        Step::new(format!("compile {name}")).run(npm(&source, ["run", "--silent", "prepack"]))?;
        copy_folder(&source.join("dist"), &package.join("dist"))?;
        for file in ["package.json", "README.md"] {
            fs::copy(source.join(file), package.join(file))?;
        }
        copy_documents(&package)?;
        let mut set = npm(&package, ["pkg", "set"]);
        set.args(files());
        if name == "spin-harness" {
            // npm installs the one for its platform.
            set.args(builds.iter().map(|build| {
                format!("optionalDependencies.{}={VERSION}", platform_package(build))
            }));
        }
        let delete = npm(&package, ["pkg", "delete", "scripts", "devDependencies"]);
        commands.extend([set, delete, pack(&package, &tarballs)]);
    }
    for build in builds {
        let (os, cpu) = build.node;
        let package = parts.path().join(format!("{os}-{cpu}"));
        let command = package.join("bin/spin-harness");
        create_parent(&command)?;
        fs::copy(&build.command, command)?;
        copy_documents(&package)?;
        fs::write(package.join("README.md"), readme(build))?;
        fs::write(package.join("package.json"), "{}\n")?;
        let mut set = npm(&package, ["pkg", "set"]);
        set.args([
            format!("name={}", platform_package(build)),
            format!("version={VERSION}"),
            format!("description=The command spin-harness for {os} on {cpu}"),
            "license=Apache-2.0".to_owned(),
            format!("os[]={os}"),
            format!("cpu[]={cpu}"),
            "files[]=bin".to_owned(),
        ]);
        set.args(files());
        commands.extend([set, pack(&package, &tarballs)]);
    }
    Step::new("npm pack").run_all(commands)
}

/// The name of the package of a platform. `host-test-harness/node/src/command.ts` looks for it.
fn platform_package(build: &Build) -> String {
    let (os, cpu) = build.node;
    format!("@spin-harness/{os}-{cpu}")
}

fn readme(build: &Build) -> String {
    let name = platform_package(build);
    let (os, cpu) = build.node;
    format!(
        "# {name}\n\nThe command `spin-harness` for {os} on {cpu}.\nThe package `spin-harness` depends on it.\n"
    )
}

/// npm packs the licence and the README without being told, and no other document.
fn files() -> impl Iterator<Item = String> {
    DOCUMENTS.into_iter().map(|name| format!("files[]={name}"))
}

fn pack(package: &Path, to: &Path) -> Command {
    let mut command = npm(package, ["pack", "--silent", "--ignore-scripts"]);
    command.arg("--pack-destination").arg(to);
    command
}
