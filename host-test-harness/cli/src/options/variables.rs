//! The variables of an application, as flags and files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::Failure;

/// The values of variables.
#[derive(Args, Clone)]
pub(crate) struct VariableOptions {
    /// Set a variable, for the guest and for `{{NAME}}` in its permissions. `@FILE` reads variables from a JSON or
    /// TOML file of strings. Overrides `SPIN_VARIABLE_NAME` and the manifest. Repeatable; the last value of a name
    /// counts.
    #[arg(long = "variable", value_name = "NAME=VALUE|@FILE", value_parser = parse)]
    variables: Vec<Variable>,
}

/// One use of the flag.
#[derive(Clone)]
enum Variable {
    Value(String, String),
    File(PathBuf),
}

/// The names with their values.
pub(crate) type Variables = BTreeMap<String, String>;

impl VariableOptions {
    /// Reads the files.
    pub(crate) fn read(&self) -> Result<Variables, Failure> {
        let mut variables = Variables::new();
        for variable in &self.variables {
            match variable {
                Variable::Value(name, value) => {
                    variables.insert(name.clone(), value.clone());
                }
                Variable::File(path) => variables.extend(read_file(path)?),
            }
        }
        Ok(variables)
    }
}

fn parse(text: &str) -> Result<Variable, String> {
    if let Some(path) = text.strip_prefix('@') {
        return Ok(Variable::File(path.into()));
    }
    let (name, value) = super::pair("NAME=VALUE or @FILE")(text)?;
    Ok(Variable::Value(name, value))
}

/// The message of a parser is left out where it may show a value, which may be secret.
fn read_file(path: &Path) -> Result<Variables, Failure> {
    let invalid = |problem: String| Failure::File(format!("{}: {problem}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
    // Some editors of Windows begin each file with it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            invalid(format!(
                "line {line}, column {column}: expected an object of strings, such as {{\"name\": \"value\"}}"
            ))
        }),
        Some("toml") => toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            invalid(format!("{line}expected a table of strings, such as name = \"value\""))
        }),
        Some(_) | None => Err(invalid("expected a file named *.json or *.toml".to_owned())),
    }
}
