//! `spin-harness up` against `wasmtime serve`, with the same `wasi:http` component and the same load.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::Result;
use crate::compare::Spread;
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

/// Prints a row for each number of connections.
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
    for n_connections in CONNECTIONS {
        let turn = |name: &str, server: &Server| {
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
        let (mut them, mut us, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let their_turn = turn("wasmtime serve", &theirs)?;
            let our_turn = turn("spin-harness up", &ours)?;
            if round > 0 {
                ratios.push(our_turn.per_second / their_turn.per_second);
                them.push(their_turn);
                us.push(our_turn);
            }
        }
        let ratio = Spread::of(ratios).ok_or("no turn was measured")?;
        writeln!(
            out,
            "{n_connections:<16} {:>22} {:>22}   {ratio}",
            shown(&them)?,
            shown(&us)?
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
