//! `spin-harness up` against `wasmtime serve`, and with its traffic page against without, with the same `wasi:http`
//! component and the same load; and the memory of each connection.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::Result;
use crate::compare::Spread;
use crate::connections;
use crate::load::{Load, LoadRequest, Until};
use crate::process::Server;

/// The number of concurrent connections, a row each.
const CONNECTIONS: [usize; 3] = [1, 16, 128];

/// The duration of one turn.
const TURN: Duration = Duration::from_secs(2);

/// The number of measured turns of each server; they follow one warm-up turn.
const ROUNDS: usize = 5;

const ASKS: [LoadRequest; 1] = [LoadRequest {
    path: "/hello",
    want: "hello",
}];

/// Prints the tables.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    component: &Path,
    spin_harness: &Path,
    wasmtime: &Path,
) -> Result<()> {
    writeln!(
        out,
        "\nA `hello` guest of wasi:http, a fresh instance for each request; medians of {ROUNDS} turns of {} s.\n\
         Requests per second: higher is better. p99 (time of a request): lower is better.\n\
         The ratio is spin-harness / wasmtime in requests per second, with its range in brackets; above 1 spin-harness \
         is better.\n\n{:<16} {:>22} {:>22}   ratio",
        TURN.as_secs(),
        "connections",
        "wasmtime serve",
        "spin-harness up"
    )?;
    let folder = tempfile::tempdir()?;
    let manifest = format!(
        "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"bench\"\n[component.bench]\nsource = {component:?}\n"
    );
    let theirs = Server::start(
        Command::new(wasmtime)
            .args(["serve", "-S", "cli,http", "--addr", "127.0.0.1:0"])
            .arg(component),
    )?;
    let ours = Server::up(spin_harness, folder.path(), &manifest, &[])?;
    compare(
        out,
        runtime,
        ("wasmtime serve", &theirs),
        ("spin-harness up", &ours),
    )?;
    drop(theirs);
    writeln!(
        out,
        "\nThe same guest with the traffic page on, which nobody looks at; the ratio is with / without.\n\n\
         {:<16} {:>22} {:>22}   ratio",
        "connections", "spin-harness up", "up --inspect"
    )?;
    let folder = tempfile::tempdir()?;
    let inspected = Server::up(spin_harness, folder.path(), &manifest, &["--inspect"])?;
    compare(out, runtime, ("up", &ours), ("up --inspect", &inspected))?;
    drop((ours, inspected));
    connections::all(out, runtime, component, spin_harness, wasmtime)
}

/// Prints a row for each number of connections: both servers, and the second divided by the first.
fn compare(
    out: &mut dyn Write,
    runtime: &Runtime,
    first: (&str, &Server),
    second: (&str, &Server),
) -> Result<()> {
    for n_connections in CONNECTIONS {
        let turn = |(name, server): (&str, &Server)| {
            let load = Load::run(
                &server.authority,
                n_connections,
                &ASKS,
                Until::Elapsed(TURN),
            );
            runtime
                .block_on(load)
                .map_err(|error| format!("{name} with {n_connections} connections: {error}"))
        };
        let (mut firsts, mut seconds, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let first_turn = turn(first)?;
            let second_turn = turn(second)?;
            if round > 0 {
                ratios.push(second_turn.per_second / first_turn.per_second);
                firsts.push(first_turn);
                seconds.push(second_turn);
            }
        }
        let ratio = Spread::of(ratios).ok_or("no turn was measured")?;
        writeln!(
            out,
            "{n_connections:<16} {:>22} {:>22}   {ratio}",
            shown(&firsts)?,
            shown(&seconds)?
        )?;
        out.flush()?;
    }
    Ok(())
}

fn shown(turns: &[Load]) -> Result<String> {
    let median = |figure: fn(&Load) -> f64| {
        Spread::of(turns.iter().map(figure).collect()).ok_or("no turn was measured")
    };
    Ok(format!(
        "{:.0}/s, p99 {:.1} ms",
        median(|turn| turn.per_second)?.median,
        median(|turn| turn.p99_ms)?.median
    ))
}
