//! `cargo xtask`: set up, show, test and measure the project.

mod conformance;
mod fuzz;
mod go;
mod guests;
mod harness;
mod javascript;
mod language;
mod python;
mod setup;
mod step;
mod test;

use std::path::Path;
use std::process::{self, ExitCode};

use lexopt::{Arg, ValueExt as _};

use crate::language::LANGUAGES;
use crate::step::{Failure, Step, cargo};

const HELP: &str = "\
The front door of the project. Each command does the set-up that it needs.

Usage: cargo xtask COMMAND

Commands:
  setup                 Add what the guests need: WebAssembly targets, and the pinned tools of each
                        language; the second time it changes nothing
  demo                  Build the Rust example and watch it make real HTTP calls through the harness
  test [FILTER]         Run everything that CI runs, or the steps whose name contains FILTER
  test --list           Print the names of the steps
  conformance [FILTER]  Run the scenarios whose name contains FILTER with the probe of each SDK;
                        without FILTER write CONFORMANCE.md
  bench [FILTER]        Measure and print ratios: the parts outbound, instance, server, guests and soak,
                        or those whose name contains FILTER
  fuzz [FILTER]         Look for inputs that break the policy or the harness, with the fuzz targets uri,
                        texts, manifest, request and response, or those whose name contains FILTER;
                        needs the nightly toolchain
    --seconds N         How long each runs; 60 by default

Examples:
  cargo xtask demo
  cargo xtask test clippy
  cargo xtask conformance redirect
  cargo xtask fuzz uri --seconds 600
";

enum Command {
    Setup,
    Demo,
    Test { filter: String },
    ListTests,
    Conformance { filter: String },
    Bench { filter: String },
    Fuzz { filter: String, seconds: u64 },
    Help,
}

fn main() -> ExitCode {
    let result = parse().and_then(|command| match command {
        Command::Setup => setup::all(),
        Command::Demo => demo(),
        Command::Test { filter } => test::run(&filter),
        Command::ListTests => step::print(&test::names().join("\n")),
        Command::Conformance { filter } => conformance::run(&filter),
        Command::Bench { filter } => bench(&filter),
        Command::Fuzz { filter, seconds } => fuzz::run(&filter, seconds),
        Command::Help => step::print(HELP.trim_end()),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            step::error(&failure);
            ExitCode::from(failure.exit_code)
        }
    }
}

fn parse() -> Result<Command, Failure> {
    let usage = |error: lexopt::Error| {
        Failure::usage(format!("{error}; `cargo xtask --help` lists the commands"))
    };
    let mut parser = lexopt::Parser::from_env();
    let mut words = Vec::new();
    let mut list = false;
    let mut seconds = None;
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Long("list") => list = true,
            Arg::Long("seconds") => {
                let number = parser.value().and_then(|value| value.parse());
                seconds = Some(number.map_err(usage)?);
            }
            Arg::Value(word) => words.push(word.to_string_lossy().into_owned()),
            Arg::Short(_) | Arg::Long(_) => return Err(usage(argument.unexpected())),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (command, filter) = match words.as_slice() {
        [] => ("", ""),
        [command] => (*command, ""),
        [command, filter] => (*command, *filter),
        [..] => return Err(no_command(&words)),
    };
    let filter = filter.to_owned();
    match (command, list, seconds) {
        ("", false, None) => Ok(Command::Help),
        ("setup", false, None) if filter.is_empty() => Ok(Command::Setup),
        ("demo", false, None) if filter.is_empty() => Ok(Command::Demo),
        ("test", true, None) if filter.is_empty() => Ok(Command::ListTests),
        ("test", false, None) => Ok(Command::Test { filter }),
        ("conformance", false, None) => Ok(Command::Conformance { filter }),
        ("bench", false, None) => Ok(Command::Bench { filter }),
        ("fuzz", false, seconds) => Ok(Command::Fuzz {
            filter,
            seconds: seconds.unwrap_or(fuzz::DEFAULT_SECONDS),
        }),
        _ => Err(no_command(&words)),
    }
}

fn no_command(words: &[&str]) -> Failure {
    Failure::usage(format!(
        "`{}` is no command, or not with these options; `cargo xtask --help` lists them",
        words.join(" ")
    ))
}

fn demo() -> Result<(), Failure> {
    setup::targets(&["wasm32-wasip2"])?;
    let component =
        guests::build(&guests::example("rust-outbound-http"))?.join("rust_outbound_http.wasm");
    let folder = harness::build()?.with_file_name("examples");
    let mut demo = process::Command::new(folder.join("demo"));
    demo.arg(component).current_dir(root());
    Step::new("demo").run(demo)
}

fn bench(filter: &str) -> Result<(), Failure> {
    let measures_guests = "guests".contains(filter);
    let measures_server = "server".contains(filter);
    let soaks = "soak".contains(filter);
    setup::targets(&["wasm32-wasip2"])?;
    let rust = guests::build(&guests::probes())?.join("rust_bench.wasm");
    let named = |name: &str, component: &Path| format!("{name}={}", component.display());
    let mut guests = vec![named("rust", &rust)];
    if measures_guests || measures_server || soaks {
        let published = guests::build(&guests::published_probes())?;
        guests.extend([
            named(
                "spin-sdk 5.2",
                &published.join("published_spin_sdk_5_bench.wasm"),
            ),
            named(
                "spin-sdk 7",
                &published.join("published_spin_sdk_7_bench.wasm"),
            ),
        ]);
    }
    let spin_harness = harness::build()?;
    for language in LANGUAGES {
        if measures_guests && language.is_available()? {
            (language.setup)()?;
            guests.push(named(
                language.name,
                &(language.bench_guest)(&spin_harness)?,
            ));
            if let Some(published) = &language.published {
                guests.push(named(published.name, &(published.bench_guest)()?));
            }
        }
    }
    let mut bench = cargo(["bench", "--locked", "--profile", "dev", "--all-features"]);
    bench
        .args(["--bench", "bench", "--"])
        .args(guests)
        .arg(filter)
        .env("SPIN_HARNESS", spin_harness);
    if measures_server {
        bench.env("WASMTIME", setup::wasmtime()?);
    }
    Step::new("bench").run(bench)
}

/// The root of the checkout.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}
