//! Everything that must hold before a change lands, in order of cost.

use std::time::Instant;

use crate::language::{LANGUAGES, Language};
use crate::step::{self, Failure, Step, cargo};
use crate::{conformance, guests, harness, root, setup};

/// The version that the example's manifest is written for.
const CARGO_COMPONENT_VERSION: &str = "0.21.1";

/// How a step ended that did not fail.
pub(crate) enum Ended {
    Done,
    /// Not, or not wholly; the text says why. In CI this is a failure instead.
    Skipped(&'static str),
}

type Run = Box<dyn Fn() -> Result<Ended, Failure>>;

/// The steps, by the name that `cargo xtask test FILTER` takes.
fn steps() -> Vec<(&'static str, Run)> {
    let step = |name, run: fn() -> Result<(), Failure>| -> (&'static str, Run) {
        (name, Box::new(move || run().map(|()| Ended::Done)))
    };
    let mut steps = vec![
        step("format", format),
        step("policy", policy),
        step("clippy", clippy),
        step("docs", docs),
        step("tests", tests),
    ];
    for language in LANGUAGES {
        steps.push((language.name, Box::new(|| check(language))));
    }
    steps.extend([
        ("conformance", Box::new(conformance::check) as Run),
        step("demo", crate::demo),
        step("cargo-component", cargo_component),
    ]);
    steps
}

/// The names of all steps, in order.
pub(crate) fn names() -> Vec<&'static str> {
    steps().iter().map(|(name, _)| *name).collect()
}

/// Runs the step of the name `filter`, or those whose name contains it, stops at the first that fails, and sums up.
pub(crate) fn run(filter: &str) -> Result<(), Failure> {
    let mut chosen = steps();
    let is_name = chosen.iter().any(|(name, _)| *name == filter);
    chosen.retain(|(name, _)| *name == filter || !is_name && name.contains(filter));
    if chosen.is_empty() {
        let names = names().join(", ");
        return Err(Failure::usage(format!(
            "no step's name contains `{filter}`; there are {names}"
        )));
    }
    setup::targets(&setup::TARGETS)?;
    let started = Instant::now();
    let mut summary = String::from("\n");
    let mut result = Ok(());
    for (name, run) in chosen {
        let step_started = Instant::now();
        let ended = run();
        let (word, why) = match &ended {
            Ok(Ended::Done) => ("ok", ""),
            Ok(Ended::Skipped(why)) => ("SKIPPED", *why),
            Err(_) => ("FAILED", ""),
        };
        let seconds = step_started.elapsed().as_secs_f64();
        summary += format!("{name:>16}  {word:7}  {seconds:7.1} s  {why}").trim_end();
        summary += "\n";
        if let Err(failure) = ended {
            result = Err(failure);
            break;
        }
    }
    summary += &format!(
        "{:>16}  {:7}  {:7.1} s\n",
        "total",
        "",
        started.elapsed().as_secs_f64()
    );
    step::write_stderr(&summary);
    result
}

fn check(language: &Language) -> Result<Ended, Failure> {
    if !language.is_available()? {
        return Ok(Ended::Skipped(language.install));
    }
    (language.setup)()?;
    let spin_harness = harness::build()?;
    (language.check)(&spin_harness)?;
    Ok(Ended::Done)
}

/// The workspace and each standalone package of guests: their manifests.
fn manifests() -> impl Iterator<Item = std::path::PathBuf> {
    [
        root().to_owned(),
        guests::probes(),
        guests::published_probes(),
    ]
    .into_iter()
    .chain(guests::EXAMPLES.map(guests::example))
    .map(|folder| folder.join("Cargo.toml"))
}

fn format() -> Result<(), Failure> {
    let fuzz = root().join("host-test-harness/fuzz/Cargo.toml");
    Step::new("rustfmt").run_all(manifests().chain([fuzz]).map(|manifest| {
        let mut command = cargo(["fmt", "--all", "--check", "--manifest-path"]);
        command.arg(manifest);
        command
    }))
}

fn policy() -> Result<(), Failure> {
    Step::new("the policy builds without a runtime, and decides as its tables say").run_all([
        cargo([
            "build",
            "--locked",
            "--package",
            "outbound-policy",
            "--target",
            "wasm32-unknown-unknown",
        ]),
        cargo(["test", "--locked", "--package", "outbound-policy"]),
    ])
}

fn clippy() -> Result<(), Failure> {
    Step::new("clippy, the workspace").run(cargo([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))?;
    Step::new("clippy, the guests").run_all(manifests().skip(1).map(|manifest| {
        let target_dir = manifest.with_file_name("target");
        let mut command = cargo([
            "clippy",
            "--locked",
            "--release",
            "--target",
            "wasm32-wasip2",
            "--manifest-path",
        ]);
        command
            .arg(manifest)
            .arg("--target-dir")
            .arg(target_dir)
            .args(["--", "-D", "warnings"]);
        command
    }))
}

fn docs() -> Result<(), Failure> {
    let mut command = cargo([
        "doc",
        "--locked",
        "--workspace",
        "--all-features",
        "--no-deps",
    ]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Step::new("rustdoc").run(command)
}

fn tests() -> Result<(), Failure> {
    for example in guests::EXAMPLES {
        guests::build(&guests::example(example))?;
    }
    Step::new("cargo test").run(cargo(["test", "--locked", "--workspace", "--all-features"]))
}

/// The way to wasm32-wasip1 that Spin's documentation describes.
fn cargo_component() -> Result<(), Failure> {
    let tool = setup::cargo_tool("cargo-component", CARGO_COMPONENT_VERSION)?;
    let folder = guests::example("rust-outbound-http");
    let mut build = std::process::Command::new(tool);
    build.args([
        "component",
        "build",
        "--release",
        "--locked",
        "--target",
        "wasm32-wasip1",
        "--target-dir",
    ]);
    build.arg(folder.join("target")).current_dir(&folder);
    Step::new("cargo component build").run(build)?;
    let name = "examples::rust_outbound_http_answers_as_expected";
    let mut test = cargo([
        "test",
        "--locked",
        "--workspace",
        "--all-features",
        "--test",
        "it",
        "--",
        "--exact",
        name,
    ]);
    test.env(
        "RUST_OUTBOUND_HTTP",
        folder.join("target/wasm32-wasip1/release/rust_outbound_http.wasm"),
    );
    Step::new("the example's test, with the component of cargo-component").run(test)
}
