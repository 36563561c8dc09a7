//! `spin-harness inspect`: what a WebAssembly file is and where it can run.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use spin_harness::{
    HarnessSupport, Inspection, Item, ItemKind, Outlook, Part, SpinSupport, inspect_file,
};

use crate::report::Failure;

/// Say what a component is: imports, exports, language, sizes, and which Spin and which command here run it.
///
/// Nothing is compiled or run. Of a core module, it says whether it can become a component, and which command runs it.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness inspect app.wasm
  spin-harness inspect app.wasm --json | jq -r '.imports[].name'")]
pub(crate) struct Arguments {
    /// A component or core module, a .wasm file.
    component: PathBuf,
    /// Print one JSON object, with the functions of each interface and all sizes in bytes.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let inspection = inspect_file(&arguments.component)?;
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    if arguments.json {
        serde_json::to_writer(&mut stdout, &inspection).map_err(io::Error::from)?;
        writeln!(stdout)?;
    } else {
        print(&mut stdout, &inspection)?;
    }
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    writeln!(out, "{}, {} bytes", inspection.form, inspection.bytes)?;
    print_items(out, "imports", &inspection.imports)?;
    print_items(out, "exports", &inspection.exports)?;
    writeln!(out)?;
    print_list(out, "language", &inspection.languages, "not recorded")?;
    print_list(out, "tools", &inspection.tools, "not recorded")?;
    print_outlook(out, &inspection.outlook)?;
    print_sizes(out, inspection)
}

fn print_items(out: &mut impl Write, title: &str, items: &[Item]) -> io::Result<()> {
    if items.is_empty() {
        return writeln!(out, "\n{title}: none");
    }
    writeln!(out, "\n{title}")?;
    for item in items {
        let name = shown(item);
        // The functions of an interface are in its WIT; those of a namespace are nowhere else.
        if item.kind == ItemKind::Interface {
            writeln!(out, "  {name}")?;
        } else if item.kind == ItemKind::Namespace {
            writeln!(out, "  {name}: {}", shown(item.functions.join(", ")))?;
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
    let list: Vec<String> = list.iter().map(shown).collect();
    let text = if list.is_empty() {
        none.to_owned()
    } else {
        list.join(", ")
    };
    writeln!(out, "{title:<10} {text}")
}

fn print_outlook(out: &mut impl Write, outlook: &Outlook) -> io::Result<()> {
    match outlook {
        Outlook::Component { spin, harness, .. } => {
            writeln!(out, "{:<10} {}", "spin", spin_text(spin))?;
            print_harness(out, harness)
        }
        Outlook::CoreModule {
            core_abi_imports,
            componentize_error,
            harness,
            ..
        } => {
            for import in core_abi_imports {
                writeln!(
                    out,
                    "{:<10} {} is of the core ABI of Spin 1.x, which only Spin adapts: build it with an SDK for \
                     `fermyon:spin/http` or `wasi:http` 0.2",
                    "core ABI",
                    shown(import)
                )?;
            }
            match componentize_error {
                None => writeln!(
                    out,
                    "{:<10} `spin-harness componentize` makes a component of it, as do the commands that run it",
                    "component"
                )?,
                Some(error) => writeln!(out, "{:<10} it cannot become one: {error}", "component")?,
            }
            harness
                .as_ref()
                .map_or(Ok(()), |harness| print_harness(out, harness))
        }
    }
}

fn print_harness(out: &mut impl Write, harness: &HarnessSupport) -> io::Result<()> {
    print_list(out, "harness", &commands(harness), "no command can run it")?;
    for import in &harness.missing_imports {
        writeln!(
            out,
            "{:<10} {}: a call traps here",
            "missing",
            shown(import)
        )?;
    }
    match &harness.rebuild {
        Some(advice) => writeln!(out, "{:<10} {}", "rebuild", shown(advice)),
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
        } => format!("{first} or later, by `{}`", shown(decided_by)),
        SpinSupport::Releases {
            first,
            last: Some(last),
            decided_by,
            ..
        } => format!("{first} to {last}, by `{}`", shown(decided_by)),
        SpinSupport::None { reason, .. } => format!("none: {reason}"),
        SpinSupport::Unknown { imports, .. } => {
            format!(
                "unknown: no known release has {}",
                shown(imports.join(", "))
            )
        }
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
    for (index, part) in inspection.parts.iter().enumerate() {
        let share = part.bytes.saturating_mul(100) / inspection.bytes.max(1);
        writeln!(
            out,
            "{:>10} {share:>3} %  {}",
            part.bytes,
            part_title(index, part)
        )?;
        for section in &part.sections {
            writeln!(
                out,
                "{:>10}          {}",
                section.bytes,
                shown(&section.name)
            )?;
        }
    }
    writeln!(out, "{:>10} 100 %  the file", inspection.bytes)
}

fn part_title(index: usize, part: &Part) -> String {
    let form = match (index, part.form) {
        (0, _) => "the file itself".to_owned(),
        (_, form) => format!("inner {form}"),
    };
    match &part.name {
        Some(name) => format!("{form} `{}`", shown(name)),
        None => form,
    }
}

/// A name from a file, which may hold what a terminal obeys.
fn shown(name: impl Display) -> String {
    name.to_string()
        .chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}
