//! `cargo xtask`: the tasks of the project, from set-up to benchmarks.

mod audit;
mod bench;
mod cargo;
mod conformance;
mod demo;
mod dist;
mod elsewhere;
mod fuzz;
mod go;
mod guests;
mod harness;
mod javascript;
mod language;
mod packages;
mod page;
mod python;
mod rustdoc;
mod setup;
mod side_by_side;
mod step;
mod test;
mod wasmtime_serve;

use std::path::Path;
use std::process::ExitCode;

use lexopt::{Arg, ValueExt as _};

use crate::cargo::Compiler;
use crate::step::Failure;

const HELP: &str = "\
The tasks of the project. Each command first installs the tools that it needs and that are missing.

Usage: cargo xtask COMMAND

Commands:
  setup                 Install the WebAssembly targets and the pinned tools of each language
  demo                  Build the Rust example and run it in the harness, where it makes real HTTP calls
    --inspect           Serve it with its traffic page instead, on requests that go on until Ctrl-C
  test [FILTER]         Run all steps of CI, or the steps whose name contains FILTER; a step whose name
                        is FILTER runs alone
    --list              Print the names of the steps instead
  conformance [FILTER]  Run all scenarios with the probe of each SDK and write CONFORMANCE.md, or run the
                        scenarios whose name contains FILTER and write nothing
  bench [FILTER]        Run the benchmarks outbound, mocks, instance, drivers, server, guests and soak, or those
                        whose name contains FILTER, and print ratios
  audit                 Look for known vulnerabilities in the dependencies of all languages, over the network, and
                        check licences, versions and sources of crates
  dist                  Make everything that a release publishes, in target/dist, and publish nothing
  fuzz [FILTER]         Run the fuzz targets uri, texts, manifest, request, response, har and mocks, or those
                        whose name contains FILTER, until one finds a failing input; needs the nightly toolchain
    --seconds N         Run each target for N seconds; 60 by default

Examples:
  cargo xtask setup
  cargo xtask demo
  cargo xtask demo --inspect
  cargo xtask test policy
  cargo xtask test --list
  cargo xtask conformance redirect
  cargo xtask bench outbound
  cargo xtask fuzz uri --seconds 600
";

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Setup,
    Demo { inspect: bool },
    Test { filter: String, list: bool },
    Conformance { filter: String },
    Bench { filter: String },
    Audit,
    Dist,
    Fuzz { filter: String, seconds: u64 },
    Help,
}

fn main() -> ExitCode {
    if rustdoc::is_requested() {
        return match rustdoc::run() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => failed(&error.into()),
        };
    }
    match parse(lexopt::Parser::from_env()).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    step::print_error(failure);
    ExitCode::from(failure.exit_code)
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Setup => setup::all(),
        Command::Demo { inspect: false } => demo::run(Compiler::Rustc),
        Command::Demo { inspect: true } => demo::inspect(Compiler::Rustc),
        Command::Test { filter, list: true } => test::list(&filter),
        Command::Test {
            filter,
            list: false,
        } => test::run(&filter),
        Command::Conformance { filter } => conformance::run(&filter),
        Command::Bench { filter } => bench::run(&filter),
        Command::Audit => audit::run(),
        Command::Dist => dist::run(),
        Command::Fuzz { filter, seconds } => fuzz::run(&filter, seconds),
        Command::Help => step::print(HELP.trim_end()),
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, Failure> {
    let mut command = match parser.next()? {
        None | Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
        Some(Arg::Value(name)) => command(&name.string()?)?,
        Some(argument @ (Arg::Short(_) | Arg::Long(_))) => {
            return Err(argument.unexpected().into());
        }
    };
    while let Some(argument) = parser.next()? {
        match (argument, &mut command) {
            (Arg::Short('h') | Arg::Long("help"), _) => return Ok(Command::Help),
            (Arg::Long("inspect"), Command::Demo { inspect }) => *inspect = true,
            (Arg::Long("list"), Command::Test { list, .. }) => *list = true,
            (Arg::Long("seconds"), Command::Fuzz { seconds, .. }) => {
                *seconds = parser.value()?.parse()?;
            }
            (
                Arg::Value(word),
                Command::Test { filter, .. }
                | Command::Conformance { filter }
                | Command::Bench { filter }
                | Command::Fuzz { filter, .. },
            ) if filter.is_empty() => *filter = word.string()?,
            (argument, _) => return Err(argument.unexpected().into()),
        }
    }
    Ok(command)
}

/// The command of a name, with the defaults of its options.
fn command(name: &str) -> Result<Command, Failure> {
    let filter = String::new();
    match name {
        "setup" => Ok(Command::Setup),
        "demo" => Ok(Command::Demo { inspect: false }),
        "test" => Ok(Command::Test {
            filter,
            list: false,
        }),
        "conformance" => Ok(Command::Conformance { filter }),
        "bench" => Ok(Command::Bench { filter }),
        "audit" => Ok(Command::Audit),
        "dist" => Ok(Command::Dist),
        "fuzz" => Ok(Command::Fuzz {
            filter,
            seconds: fuzz::DEFAULT_SECONDS,
        }),
        _ => Err(usage(format!("unknown command `{name}`"))),
    }
}

fn usage(problem: impl std::fmt::Display) -> Failure {
    Failure::usage(format!(
        "{problem}; `cargo xtask --help` lists the commands"
    ))
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        usage(error)
    }
}

/// The root of the checkout.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, Result<Command, &str>)]) {
        let wrong: Vec<_> = rows
            .iter()
            .filter_map(|(line, want)| {
                let words = line.split_whitespace();
                let got = parse(lexopt::Parser::from_args(words)).map_err(|error| {
                    assert_eq!(error.exit_code, 2, "{line}");
                    error.to_string()
                });
                let is_right = match (&got, want) {
                    (Ok(got), Ok(want)) => got == want,
                    (Err(got), Err(want)) => {
                        *got == format!("{want}; `cargo xtask --help` lists the commands")
                    }
                    (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
                };
                (!is_right).then_some((line, got, want))
            })
            .collect();
        assert!(wrong.is_empty(), "line, got, want: {wrong:#?}");
    }

    #[test]
    fn a_command_line_is_parsed() {
        let filter = |text: &str| text.to_owned();
        let test = |text: &str, list| Command::Test {
            filter: filter(text),
            list,
        };
        check(&[
            ("", Ok(Command::Help)),
            ("--help", Ok(Command::Help)),
            ("-h", Ok(Command::Help)),
            ("fuzz --help", Ok(Command::Help)),
            ("setup", Ok(Command::Setup)),
            ("audit", Ok(Command::Audit)),
            ("dist", Ok(Command::Dist)),
            ("demo", Ok(Command::Demo { inspect: false })),
            ("demo --inspect", Ok(Command::Demo { inspect: true })),
            ("test", Ok(test("", false))),
            ("test go", Ok(test("go", false))),
            ("test --list", Ok(test("", true))),
            (
                "conformance redirect",
                Ok(Command::Conformance {
                    filter: filter("redirect"),
                }),
            ),
            (
                "bench soak",
                Ok(Command::Bench {
                    filter: filter("soak"),
                }),
            ),
            (
                "fuzz",
                Ok(Command::Fuzz {
                    filter: filter(""),
                    seconds: 60,
                }),
            ),
            (
                "fuzz --seconds 5 uri",
                Ok(Command::Fuzz {
                    filter: filter("uri"),
                    seconds: 5,
                }),
            ),
        ]);
    }

    #[test]
    fn a_wrong_command_line_is_rejected() {
        check(&[
            ("tests", Err("unknown command `tests`")),
            ("--list", Err("invalid option '--list'")),
            ("dist --publish", Err("invalid option '--publish'")),
            ("demo --list", Err("invalid option '--list'")),
            ("test --inspect", Err("invalid option '--inspect'")),
            ("test --seconds 5", Err("invalid option '--seconds'")),
            ("setup go", Err("unexpected argument \"go\"")),
            ("test go python", Err("unexpected argument \"python\"")),
            (
                "fuzz --seconds",
                Err("missing argument for option '--seconds'"),
            ),
            (
                "fuzz --seconds soon",
                Err("cannot parse argument \"soon\": invalid digit found in string"),
            ),
        ]);
    }
}
