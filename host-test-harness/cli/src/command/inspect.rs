//! `spin-harness inspect`: describes a WebAssembly file and names the hosts that can run it.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use outbound_policy::display::printable;
use spin_harness::{
    Compatibility, HarnessSupport, Inspection, Item, ItemKind, Module, SpinSupport, WasiSupport,
    inspect_file,
};

use crate::ExitStatus;
use crate::report::Failure;

/// Show a component's imports, exports, language and sizes, and which hosts and commands can run it.
///
/// Nothing is compiled or run. For a core module, it also shows whether it can be made a component.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness inspect app.wasm
  spin-harness inspect app.wasm --json | jq -r '.imports[].name'")]
pub(crate) struct Arguments {
    /// Path to a component or core module (.wasm).
    component: PathBuf,
    /// Print one JSON object, which also has the functions of each interface; all sizes are in bytes.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let inspection = inspect_file(&arguments.component)?;
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    if arguments.json {
        serde_json::to_writer(&mut stdout, &inspection).map_err(io::Error::from)?;
        writeln!(stdout)?;
    } else {
        print(&mut stdout, &inspection)?;
    }
    stdout.flush()?;
    Ok(ExitStatus::SUCCESS)
}

fn print(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    writeln!(out, "{}, {} bytes", inspection.kind, inspection.bytes)?;
    print_items(out, "imports", &inspection.imports)?;
    print_items(out, "exports", &inspection.exports)?;
    writeln!(out)?;
    print_list(out, "language", &inspection.languages, "not recorded")?;
    print_list(out, "tools", &inspection.tools, "not recorded")?;
    print_compatibility(out, &inspection.compatibility)?;
    print_sizes(out, inspection)
}

fn print_items(out: &mut impl Write, title: &str, items: &[Item]) -> io::Result<()> {
    if items.is_empty() {
        return writeln!(out, "\n{title}: none");
    }
    writeln!(out, "\n{title}")?;
    for item in items {
        let name = harmless(item);
        // The functions of an interface are documented in its WIT, those of a namespace only here.
        if item.kind == ItemKind::Interface {
            writeln!(out, "  {name}")?;
        } else if item.kind == ItemKind::Namespace {
            writeln!(out, "  {name}: {}", harmless(item.functions.join(", ")))?;
        } else {
            writeln!(out, "  {name} ({})", item.kind)?;
        }
    }
    Ok(())
}

fn print_list(
    out: &mut impl Write,
    title: &str,
    list: &[impl Display],
    none: &str,
) -> io::Result<()> {
    let list: Vec<String> = list.iter().map(harmless).collect();
    let text = if list.is_empty() {
        none.to_owned()
    } else {
        list.join(", ")
    };
    writeln!(out, "{title:<10} {text}")
}

fn print_compatibility(out: &mut impl Write, compatibility: &Compatibility) -> io::Result<()> {
    match compatibility {
        Compatibility::Component {
            spin,
            wasi,
            harness,
            ..
        } => {
            writeln!(out, "{:<10} {}", "spin", spin_text(spin))?;
            writeln!(out, "{:<10} {}", "wasi", wasi_text(wasi))?;
            print_harness(out, harness)
        }
        Compatibility::CoreModule {
            core_abi_imports,
            componentize_error,
            harness,
            ..
        } => {
            for import in core_abi_imports {
                writeln!(
                    out,
                    "{:<10} {} belongs to the core ABI of Spin 1.x, which only Spin adapts; rebuild with an SDK for \
                     `fermyon:spin/http` or `wasi:http` 0.2",
                    "core ABI",
                    harmless(import)
                )?;
            }
            match componentize_error {
                None => writeln!(
                    out,
                    "{:<10} can be made with `spin-harness componentize`; the commands that run it do so themselves",
                    "component"
                )?,
                Some(error) => writeln!(out, "{:<10} cannot be made: {error}", "component")?,
            }
            harness
                .as_ref()
                .map_or(Ok(()), |harness| print_harness(out, harness))
        }
    }
}

fn print_harness(out: &mut impl Write, harness: &HarnessSupport) -> io::Result<()> {
    print_list(
        out,
        "harness",
        &commands(harness),
        "none of its commands can run it",
    )?;
    for import in &harness.missing_imports {
        writeln!(
            out,
            "{:<10} {}: calling it traps",
            "missing",
            harmless(import)
        )?;
    }
    match &harness.rebuild {
        Some(advice) => writeln!(out, "{:<10} {}", "rebuild", harmless(advice)),
        None => Ok(()),
    }
}

fn spin_text(spin: &SpinSupport) -> String {
    match spin {
        SpinSupport::Releases {
            first,
            last: None,
            decided_by,
            ..
        } => format!("{first} or later, because of `{}`", harmless(decided_by)),
        SpinSupport::Releases {
            first,
            last: Some(last),
            decided_by,
            ..
        } => format!("{first} to {last}, because of `{}`", harmless(decided_by)),
        SpinSupport::None { reason, .. } => format!("none: {reason}"),
        SpinSupport::Unknown { imports, .. } => {
            format!(
                "unknown: no known release offers {}",
                harmless(imports.join(", "))
            )
        }
    }
}

fn wasi_text(wasi: &WasiSupport) -> String {
    match wasi {
        WasiSupport::Http => {
            "hosts of `wasi:http` 0.2, such as `wasmtime serve -S cli` and wasmCloud".to_owned()
        }
        WasiSupport::Command => "hosts of `wasi:cli` 0.2, such as `wasmtime run`".to_owned(),
        WasiSupport::None { reason, .. } => format!("none: {}", harmless(reason)),
    }
}

fn commands(harness: &HarnessSupport) -> Vec<&'static str> {
    let commands = [
        (harness.request, "request"),
        (harness.up, "up"),
        (harness.run, "run"),
    ];
    commands
        .iter()
        .filter_map(|(can, name)| can.then_some(*name))
        .collect()
}

fn print_sizes(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    writeln!(out, "\nbytes")?;
    for (index, module) in inspection.modules.iter().enumerate() {
        let share = module.bytes.saturating_mul(100) / inspection.bytes.max(1);
        writeln!(
            out,
            "{:>10} {share:>3} %  {}",
            module.bytes,
            module_title(index, module)
        )?;
        for section in &module.sections {
            let name = harmless(&section.name);
            writeln!(out, "{:>10}          {name}", section.bytes)?;
        }
    }
    writeln!(out, "{:>10} 100 %  total", inspection.bytes)
}

fn module_title(index: usize, module: &Module) -> String {
    let title = match index {
        0 => "the file itself".to_owned(),
        _ => format!("nested {}", module.kind),
    };
    match &module.name {
        Some(name) => format!("{title} `{}`", harmless(name)),
        None => title,
    }
}

/// A name from the file without control characters.
fn harmless(name: impl Display) -> String {
    printable(&name.to_string())
}
