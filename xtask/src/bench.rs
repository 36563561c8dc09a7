//! The benchmarks of the harness and of the SDKs.

use std::path::Path;

use crate::cargo::Compiler;
use crate::language::{LANGUAGES, Variable};
use crate::step::{Failure, Step};
use crate::{guests, harness, setup};

const COMPILER: Compiler = Compiler::Optimised;

/// Builds what the benchmarks whose name contains `filter` measure, and runs them.
pub(crate) fn run(filter: &str) -> Result<(), Failure> {
    let measures_guests = "guests".contains(filter);
    let measures_drivers = "drivers".contains(filter);
    let measures_server = "server".contains(filter);
    let soaks = "soak".contains(filter);
    setup::targets(&["wasm32-wasip2"])?;
    let rust = guests::build(COMPILER, &guests::probes())?.join("rust_bench.wasm");
    let mut guests = vec![argument("rust", &rust)];
    if measures_guests {
        let folder = guests::build_for_wasi_http(COMPILER, &guests::probes(), &["rust-bench"])?;
        guests.push(argument("rust-wasi", &folder.join("rust_bench.wasm")));
    }
    if measures_guests || measures_server || soaks {
        let published = guests::build(COMPILER, &guests::published_probes())?;
        guests.extend(
            [
                ("spin-sdk 5.2", "published_spin_sdk_5_bench.wasm"),
                ("spin-sdk 7", "published_spin_sdk_7_bench.wasm"),
            ]
            .map(|(name, file)| argument(name, &published.join(file))),
        );
    }
    let spin_harness = harness::build(COMPILER)?;
    if measures_guests {
        guests.extend(guests_of_languages(&spin_harness)?);
    }
    let mut bench = COMPILER.cargo(["bench", "--locked", "--profile", "dev", "--all-features"]);
    bench
        .args(["--bench", "bench", "--"])
        .args(guests)
        .arg(filter)
        .env("SPIN_HARNESS", spin_harness);
    if measures_drivers {
        bench.envs(drivers()?);
    }
    if measures_server {
        bench.env("WASMTIME", setup::wasmtime()?);
    }
    Step::new("bench").run(bench)
}

/// The variables with which the benchmark runs the drivers of the available languages.
fn drivers() -> Result<Vec<Variable>, Failure> {
    let mut variables = Vec::new();
    for language in LANGUAGES {
        if language.is_available()? {
            (language.setup)()?;
            variables.extend((language.driver_bench)()?);
        }
    }
    Ok(variables)
}

/// The guests of the available languages, with our SDK and with the published one.
fn guests_of_languages(spin_harness: &Path) -> Result<Vec<String>, Failure> {
    let mut guests = Vec::new();
    for language in LANGUAGES {
        if language.is_available()? {
            (language.setup)()?;
            let components = (language.bench_guests)(spin_harness)?;
            guests.extend(
                components
                    .iter()
                    .map(|(name, component)| argument(name, component)),
            );
            if let Some(published) = &language.published {
                guests.push(argument(published.name, &(published.bench_guest)()?));
            }
        }
    }
    Ok(guests)
}

/// A guest as the benchmark's arguments name it.
fn argument(name: &str, component: &Path) -> String {
    format!("{name}={}", component.display())
}
