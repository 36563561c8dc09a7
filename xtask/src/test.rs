//! The steps of CI. Each must succeed before a change is merged.

use std::time::Instant;

use crate::cargo::{Compiler, cargo};
use crate::language::{LANGUAGES, Language};
use crate::step::{self, Failure, Step};
use crate::{
    audit, conformance, elsewhere, guests, harness, packages, root, rustdoc, setup, side_by_side,
};

/// All steps compile with clippy, so that each crate is compiled once and linted.
const COMPILER: Compiler = Compiler::Clippy;

/// How a step that did not fail ended.
pub(crate) enum Outcome {
    Done,
    /// The step was skipped, wholly or in part, for this reason. In CI it fails instead.
    Skipped(&'static str),
}

/// A step by the name that `cargo xtask test FILTER` takes.
struct Check {
    name: &'static str,
    /// Whether it runs side by side with its neighbours of this kind.
    is_concurrent: bool,
    run: Run,
}

enum Run {
    Step(fn() -> Result<Outcome, Failure>),
    /// Skipped if the language is not available.
    Language(&'static Language),
}

/// The steps in order: the cheap ones first.
fn checks() -> Vec<Check> {
    let step = |name, run| Check {
        name,
        is_concurrent: false,
        run: Run::Step(run),
    };
    let mut checks = vec![
        step("format", || done(format())),
        step("policy", || done(policy())),
        step("build-and-lint", || done(build_and_lint())),
        step("docs", || done(docs())),
        step("tests", || done(tests())),
    ];
    checks.extend(LANGUAGES.map(|language| Check {
        name: language.name,
        is_concurrent: true,
        run: Run::Language(language),
    }));
    checks.extend([
        step("dependencies", || done(audit::offline())),
        step("packages", || done(packages::check(COMPILER))),
        step("page", || crate::page::check(COMPILER)),
        step("demo", || done(crate::demo::run(COMPILER))),
        step("conformance", || conformance::check(COMPILER)),
        step("elsewhere", || done(elsewhere::check(COMPILER))),
    ]);
    checks
}

fn done(result: Result<(), Failure>) -> Result<Outcome, Failure> {
    result.map(|()| Outcome::Done)
}

/// Prints the names of the steps that `filter` selects.
pub(crate) fn list(filter: &str) -> Result<(), Failure> {
    let checks = select(checks(), |check| check.name, filter)?;
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    step::print(&names.join("\n"))
}

/// Runs the steps that `filter` selects, stops at the first that fails, and prints a summary.
pub(crate) fn run(filter: &str) -> Result<(), Failure> {
    let selected = select(checks(), |check| check.name, filter)?;
    setup::targets(&setup::TARGETS)?;
    let started = Instant::now();
    let mut summary = String::from("\n");
    let result = run_in_order(&selected, &mut summary);
    summary += &line("total", "", started, "");
    step::write_stderr(&summary);
    result
}

fn run_in_order(checks: &[Check], summary: &mut String) -> Result<(), Failure> {
    for neighbours in checks.chunk_by(|a, b| a.is_concurrent && b.is_concurrent) {
        let mut ready = Vec::new();
        for check in neighbours {
            match check.run {
                Run::Language(language) if !language.is_available()? => {
                    *summary += &line(check.name, "SKIPPED", Instant::now(), language.install);
                }
                Run::Language(_) | Run::Step(_) => ready.push(check),
            }
        }
        match *ready.as_slice() {
            [check] => {
                let started = Instant::now();
                let outcome = match check.run {
                    Run::Step(run) => run(),
                    Run::Language(language) => done(self::check(language)),
                };
                *summary += &outcome_line(check.name, started, &outcome);
                outcome?;
            }
            _ => run_side_by_side(&ready, summary)?,
        }
    }
    Ok(())
}

/// Runs each step in a process of its own. All of them end; the first failure is returned.
fn run_side_by_side(checks: &[&Check], summary: &mut String) -> Result<(), Failure> {
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    let started = Instant::now();
    let mut first = Ok(());
    side_by_side::run(&names, |name, result| {
        let outcome = done(result);
        *summary += &outcome_line(name, started, &outcome);
        if let (Ok(()), Err(failure)) = (&first, outcome) {
            first = Err(failure);
        }
    });
    first
}

fn outcome_line(name: &str, started: Instant, outcome: &Result<Outcome, Failure>) -> String {
    let (word, reason) = match outcome {
        Ok(Outcome::Done) => ("ok", ""),
        Ok(Outcome::Skipped(reason)) => ("SKIPPED", *reason),
        Err(_) => ("FAILED", ""),
    };
    line(name, word, started, reason)
}

/// The step of the name `filter` or, if there is none, the steps whose name contains it.
fn select<T>(
    mut steps: Vec<T>,
    name: impl Fn(&T) -> &'static str,
    filter: &str,
) -> Result<Vec<T>, Failure> {
    let names: Vec<_> = steps.iter().map(&name).collect();
    let is_name = names.contains(&filter);
    steps.retain(|step| {
        if is_name {
            name(step) == filter
        } else {
            name(step).contains(filter)
        }
    });
    if steps.is_empty() {
        return Err(Failure::usage(format!(
            "no step's name contains `{filter}`; the steps are {}",
            names.join(", ")
        )));
    }
    Ok(steps)
}

/// A line of the summary.
fn line(name: &str, word: &str, started: Instant, reason: &str) -> String {
    let seconds = started.elapsed().as_secs_f64();
    let line = format!("{name:>16}  {word:7}  {seconds:7.1} s  {reason}");
    format!("{}\n", line.trim_end())
}

fn check(language: &Language) -> Result<(), Failure> {
    (language.setup)()?;
    let spin_harness = harness::build(COMPILER)?;
    (language.check)(&spin_harness)
}

fn format() -> Result<(), Failure> {
    let [fuzz, policy] =
        ["fuzz", "policy-js"].map(|name| root().join("host-test-harness").join(name));
    let folders = [root().to_owned(), fuzz, policy].into_iter();
    Step::new("rustfmt").run_all(folders.chain(guests::folders()).map(|folder| {
        let mut command = cargo(["fmt", "--all", "--check", "--manifest-path"]);
        command.arg(folder.join("Cargo.toml"));
        command
    }))
}

/// Its tests run with those of the workspace: for this package alone, Cargo would select other features of its
/// dependencies and compile them again.
fn policy() -> Result<(), Failure> {
    Step::new("build the policy without a runtime").run(COMPILER.cargo([
        "build",
        "--locked",
        "--package",
        "outbound-policy",
        "--target",
        "wasm32-unknown-unknown",
    ]))
}

/// Compiles every target of the workspace and all guests. The later steps find them compiled.
fn build_and_lint() -> Result<(), Failure> {
    Step::new("build and lint the workspace").run(COMPILER.cargo([
        "build",
        "--locked",
        "--workspace",
        "--all-targets",
        "--all-features",
    ]))?;
    // As someone who depends on one of them builds it: without the features that the others need. Those with wasmtime
    // would compile that a second time.
    for package in ["outbound-policy", "harness-manifest", "harness-outbound"] {
        let check = COMPILER.cargo(["check", "--locked", "--package", package]);
        Step::new(format!("check and lint {package} alone")).run(check)?;
    }
    // The code of the SDK that only a component has, for each backend.
    for features in ["json", "json,wasi-http"] {
        let build = [
            "build",
            "--locked",
            "--package",
            "spin-http",
            "--target",
            "wasm32-wasip2",
        ];
        let mut command = COMPILER.cargo(build);
        command.args(["--features", features]);
        Step::new(format!(
            "build and lint spin-http for components: {features}"
        ))
        .run(command)?;
    }
    guests::folders().try_for_each(|folder| guests::build(COMPILER, &folder).map(drop))
}

fn docs() -> Result<(), Failure> {
    // xtask is a binary, which has no examples to test, and has few dependencies.
    let mut xtask = cargo(["doc", "--locked", "--no-deps", "--package", "xtask"]);
    xtask.env("RUSTDOCFLAGS", "-D warnings");
    Step::new("rustdoc").run_all([rustdoc::document(COMPILER)?, xtask])
}

fn tests() -> Result<(), Failure> {
    for example in guests::EXAMPLES {
        guests::build(COMPILER, &guests::example(example))?;
    }
    let test = COMPILER.cargo(["test", "--locked", "--workspace", "--all-features"]);
    Step::new("cargo test").run(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(filter: &str) -> Result<Vec<&'static str>, String> {
        let steps = vec!["go", "tests", "conformance"];
        select(steps, |name| name, filter).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_filter_selects_the_step_of_that_name_or_those_whose_name_contains_it() {
        let rows: [(&str, &[&str]); 4] = [
            ("", &["go", "tests", "conformance"]),
            ("go", &["go"]),
            ("o", &["go", "conformance"]),
            ("conform", &["conformance"]),
        ];
        let wrong: Vec<_> = rows
            .into_iter()
            .map(|(filter, want)| (filter, names(filter), want))
            .filter(|(_, got, want)| got.as_deref() != Ok(*want))
            .collect();
        assert!(wrong.is_empty(), "filter, got, want: {wrong:#?}");
    }

    #[test]
    fn a_filter_that_selects_no_step_is_an_error() {
        assert_eq!(
            names("clippy").unwrap_err(),
            "no step's name contains `clippy`; the steps are go, tests, conformance"
        );
    }
}
