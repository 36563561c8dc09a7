//! JavaScript and TypeScript: the packages `sdk-js-shim`, `host-test-harness/node` and `host-test-harness/policy-js`,
//! the probe and the examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::Compiler;
use crate::language::{Guest, Language, Published};
use crate::step::{Failure, Step};
use crate::{cargo, guests, root, setup};

pub(crate) const LANGUAGE: Language = Language {
    name: "javascript",
    needs: &[("node", "--version"), ("npm", "--version")],
    install: "install Node.js 20.19 or 22.12, or newer, with npm",
    setup,
    check,
    probes,
    bench_guests,
    // The package is compiled by `setup`.
    driver_bench: || Ok(vec![("DRIVER_JAVASCRIPT", "node".into())]),
    published: Some(Published {
        name: "Spin JS SDK 1.0",
        bench_guest: published_bench_guest,
    }),
};

const SDK: &str = "sdk-js-shim";

/// The package for tests of components, on which those of the SDK and the examples depend.
const HARNESS: &str = "host-test-harness/node";

/// The policy for JavaScript, a crate and a package, which the SDK's tests use.
const POLICY: &str = "host-test-harness/policy-js";

/// The folders of the examples, relative to the root.
const EXAMPLES: [&str; 3] = ["examples/js-fetch", "examples/js-proxy", "examples/ts-hono"];

/// A package with the tools of Spin's published SDK. It depends on preview2-shim, which j2w needs without depending on it.
const PUBLISHED_BENCH: &str = "host-test-harness/probes/published/javascript-spin-sdk-bench";

/// `npm` with arguments, in a folder.
pub(crate) fn npm<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    // On Windows npm is a script, which starts only by its full name.
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(folder);
    command
}

fn npm_build(package: &str) -> Command {
    npm(&root().join(package), ["run", "--silent", "build"])
}

/// Builds the package `outbound-policy`.
pub(crate) fn build_policy() -> Result<(), Failure> {
    install(POLICY)?;
    // `cargo xtask dist` and `conformance` install no targets.
    setup::targets(&["wasm32-unknown-unknown"])?;
    let mut policy = npm_build(POLICY);
    cargo::remove_own_environment(&mut policy);
    Compiler::Clippy.set(&mut policy);
    Step::new("compile the package outbound-policy with cargo and tsc").run(policy)
}

fn setup() -> Result<(), Failure> {
    build_policy()?;
    for package in [HARNESS, SDK] {
        install(package)?;
    }
    Step::new("compile the packages spin-harness and spin-fetch with tsc")
        .run_all([HARNESS, SDK].map(npm_build))?;
    // npm links the command of a package only if it is compiled.
    EXAMPLES.into_iter().try_for_each(install)
}

/// Installs the packages of a lock file, unless exactly these are installed.
pub(crate) fn install(package: &str) -> Result<(), Failure> {
    let folder = root().join(package);
    let lock = fs::read(folder.join("package-lock.json"))?;
    // The record is in `node_modules`, so that removing that folder also removes the record.
    let installed = folder.join("node_modules/.installed-lock.json");
    let step = Step::new(format!("npm install in {package}"));
    if fs::read(&installed).is_ok_and(|before| before == lock) {
        step.finish("already installed");
        return Ok(());
    }
    // `npm ci` rejects a lock file without the optional packages of other platforms. npm writes such a lock file
    // if the registry has none of them.
    let arguments = ["install", "--no-save", "--no-audit", "--no-fund"];
    step.run(npm(&folder, arguments))?;
    Ok(fs::write(installed, lock)?)
}

fn check(spin_harness: &Path) -> Result<(), Failure> {
    let with_harness = |mut command: Command| {
        command.env("SPIN_HARNESS", spin_harness);
        command
    };
    let [sdk, harness, policy] = [SDK, HARNESS, POLICY].map(|package| root().join(package));
    Step::new("biome, tsc").run_all([
        npm(&policy, ["run", "--silent", "check"]),
        npm(&harness, ["run", "--silent", "check"]),
        npm(&sdk, ["run", "--silent", "check"]),
        npm(
            &root().join("examples/ts-hono"),
            ["run", "--silent", "check"],
        ),
    ])?;
    setup::chromium()?;
    Step::new("node --test: outbound-policy in Node and in a browser")
        .run(npm(&policy, ["test", "--silent"]))?;
    Step::new("node --test: spin-harness in Node").run(npm(&harness, ["test", "--silent"]))?;
    // Its tests run the cases of all drivers with a probe.
    guests::build(Compiler::Clippy, &guests::probes())?;
    let component = npm(&harness, ["run", "--silent", "test:component"]);
    Step::new("node --test: spin-harness with components").run(with_harness(component))?;
    Step::new("node --test: spin-fetch in Node").run(npm(&sdk, ["test", "--silent"]))?;
    let component = npm(&sdk, ["run", "--silent", "test:component"]);
    Step::new("node --test: spin-fetch in components").run(with_harness(component))?;
    for example in EXAMPLES {
        let test = npm(&root().join(example), ["test", "--silent"]);
        Step::new(format!("node --test: {example}")).run(with_harness(test))?;
    }
    Ok(())
}

fn probes(_spin_harness: &Path) -> Result<Vec<Guest>, Failure> {
    of_both_backends("host-test-harness/probes/javascript", "probe.js")
}

fn bench_guests(_spin_harness: &Path) -> Result<Vec<Guest>, Failure> {
    of_both_backends("host-test-harness/probes/javascript-bench", "bench.js")
}

fn of_both_backends(folder: &str, entry: &str) -> Result<Vec<Guest>, Failure> {
    let guest = |backend| build(folder, entry, backend);
    Ok(vec![
        ("javascript", guest("spin")?),
        ("javascript-wasi", guest("wasi-http")?),
    ])
}

fn published_bench_guest() -> Result<PathBuf, Failure> {
    install(PUBLISHED_BENCH)?;
    let folder = root().join(PUBLISHED_BENCH);
    let component = folder.join("app.wasm");
    // j2w exits with 0 even if it fails, so a component of an earlier run must not remain.
    if component.exists() {
        fs::remove_file(&component)?;
    }
    let step = Step::new(format!("build the guest in {PUBLISHED_BENCH}"));
    step.run(npm(&folder, ["run", "--silent", "build"]))?;
    if !component.exists() {
        return Err(Failure::new(format!(
            "j2w did not write {}; its output is above",
            component.display()
        )));
    }
    Ok(component)
}

/// Builds the guest of a folder for a backend, with the command of the SDK.
pub(crate) fn build(folder: &str, entry: &str, backend: &str) -> Result<PathBuf, Failure> {
    let folder = root().join(folder);
    let component = folder.join(format!("{backend}.wasm"));
    let mut command = Command::new("node");
    command
        .arg(root().join(SDK).join("dist/build/cli.js"))
        .arg("build")
        .arg(folder.join(entry))
        .args(["--backend", backend, "-o"])
        .arg(&component);
    let shown = folder.strip_prefix(root()).unwrap_or(&folder).display();
    Step::new(format!("build the guest in {shown} for {backend}")).run(command)?;
    Ok(component)
}
