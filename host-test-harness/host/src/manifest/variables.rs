//! An application's variables, and those of a component, with their values.

use std::collections::BTreeMap;
use std::fmt;

use super::document::Table;
use super::error::{ManifestError, ManifestErrorKind};
use super::id::variable_name_problem;
use super::template::{self, TemplateError};

/// The environment variable `SPIN_VARIABLE_API_HOST` sets the application's variable `api_host`.
pub const VARIABLE_PREFIX: &str = "SPIN_VARIABLE_";

/// Variables by name. Values may be secret: `Debug` shows the names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All names with their values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Replaces each `{{ name }}` of `template` by the value of that variable.
    ///
    /// White space around the name does not count. As in Spin, nothing escapes `{{`, and a `}}`
    /// without one is text.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] if a `{{` is not closed, or there is no such variable.
    pub fn expand(&self, template: &str) -> Result<String, TemplateError> {
        template::expand(template, |name| self.get(name))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variables").field(&self.0.keys()).finish()
    }
}

/// Reads the table `variables` of an application; `environment` has the values of `SPIN_VARIABLE_…`.
pub(super) fn read_application(
    root: &Table<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Variables, ManifestError> {
    let Some(variables) = root.get("variables") else {
        return Ok(Variables::default());
    };
    let mut values = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, definition) in variables.table("a table, `[variables]`")?.entries() {
        let definition = definition.table("`{ default = \"…\" }` or `{ required = true }`")?;
        check_name(name, &definition)?;
        let default = read_default(&definition)?;
        let source = format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase());
        match environment(&source).or(default) {
            Some(value) => {
                values.insert(name.to_owned(), value);
            }
            None => missing.push((source, definition)),
        }
    }
    let sources: Vec<&str> = missing.iter().map(|(source, _)| source.as_str()).collect();
    match missing.first() {
        None => Ok(Variables(values)),
        Some((_, definition)) => Err(definition.at().error(
            ManifestErrorKind::MissingVariable,
            format!(
                "a required variable has no value; set in the environment: {}",
                sources.join(", ")
            ),
        )),
    }
}

/// Reads a component's variables, whose values may name those of the application.
pub(super) fn read_component(
    component: &Table<'_>,
    key: &str,
    application: &Variables,
) -> Result<Variables, ManifestError> {
    let Some(variables) = component.get(key) else {
        return Ok(Variables::default());
    };
    let variables = variables.table("a table of texts, `{ name = \"…\" }`")?;
    let mut values = BTreeMap::new();
    for (name, value) in variables.entries() {
        if let Some(problem) = variable_name_problem(name) {
            return Err(value.at().error(ManifestErrorKind::InvalidValue, problem));
        }
        let expanded = application.expand(value.text()?).map_err(|error| {
            let kind = template_error_kind(&error);
            value.at().error(kind, error.to_string()).with_source(error)
        })?;
        values.insert(name.to_owned(), expanded);
    }
    Ok(Variables(values))
}

pub(super) fn template_error_kind(error: &TemplateError) -> ManifestErrorKind {
    match error {
        TemplateError::Unclosed => ManifestErrorKind::InvalidValue,
        TemplateError::Undefined(_) => ManifestErrorKind::Undefined,
    }
}

fn check_name(name: &str, definition: &Table<'_>) -> Result<(), ManifestError> {
    match variable_name_problem(name) {
        None => Ok(()),
        Some(problem) => Err(definition
            .at()
            .error(ManifestErrorKind::InvalidValue, problem)),
    }
}

/// The default; none if the variable is required. It is either, as in Spin.
fn read_default(definition: &Table<'_>) -> Result<Option<String>, ManifestError> {
    definition.only(&["default", "required", "secret", "description"])?;
    let default = match definition.get("default") {
        Some(default) => Some(default.text()?.to_owned()),
        None => None,
    };
    let required = match definition.get("required") {
        Some(required) => required.boolean()?,
        None => false,
    };
    if let Some(secret) = definition.get("secret") {
        secret.boolean()?;
    }
    if required == default.is_some() {
        return Err(definition.at().error(
            ManifestErrorKind::InvalidValue,
            "a variable has either `default = \"…\"` or `required = true`; write one of them",
        ));
    }
    Ok(default)
}
