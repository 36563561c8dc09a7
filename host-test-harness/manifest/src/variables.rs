//! The variables of an application and of its components.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::document::{At, Table, Value};
use crate::error::{ManifestError, ManifestErrorKind, collect_all};
use crate::id::variable_name_problem;
use crate::template::{self, TemplateError};

/// The prefix of environment variables: `SPIN_VARIABLE_API_HOST` sets the application's variable `api_host`.
pub const VARIABLE_PREFIX: &str = "SPIN_VARIABLE_";

/// Variables with their values. Values may be secret: `Debug` shows only the names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, String>,
    /// The names of those that the manifest declares with `secret = true`.
    secret: BTreeSet<String>,
}

impl Variables {
    /// Returns the value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Sets the value of a variable.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// Returns all names with their values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Replaces each `{{ name }}` of `template` by the value of that variable.
    ///
    /// White space around the name is ignored. As in Spin, `{{` cannot be escaped, and a `}}` without `{{` is kept.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] if a `{{` has no `}}`, or if a variable is unknown.
    pub fn expand(&self, template: &str) -> Result<String, TemplateError> {
        template::expand(template, |name| self.get(name))
    }

    /// Whether the expansion of `template` contains the value of a variable that the manifest declares as secret.
    pub(crate) fn expands_to_secret(&self, template: &str) -> bool {
        let found = Cell::new(false);
        // If it cannot be expanded, the variables before the error count.
        drop(template::expand(template, |name| {
            found.set(found.get() || self.secret.contains(name));
            self.get(name)
        }));
        found.get()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variables")
            .field(&self.values.keys())
            .finish()
    }
}

/// Reads the table `variables` of an application; `environment` returns the values of `SPIN_VARIABLE_…`.
pub(crate) fn read_application(
    root: &Table<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Variables, ManifestError> {
    let Some(variables) = root.get("variables") else {
        return Ok(Variables::default());
    };
    let variables = variables.table("a table, such as `[variables]`")?.entries();
    let variables = collect_all(
        variables
            .into_iter()
            .map(|(name, definition)| read_variable(name, &definition, environment)),
    )?;
    let mut read = Variables::default();
    for Variable {
        name,
        value,
        is_secret,
    } in variables
    {
        if is_secret {
            read.secret.insert(name.clone());
        }
        read.values.insert(name, value);
    }
    Ok(read)
}

struct Variable {
    name: String,
    value: String,
    is_secret: bool,
}

fn read_variable(
    name: &str,
    definition: &Value<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Variable, ManifestError> {
    let definition =
        definition.table("a table, such as `{ default = \"…\" }` or `{ required = true }`")?;
    check_name(name, definition.at())?;
    let source = format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase());
    // Asked for first: a caller learns the names of all variables so.
    let given = environment(&source);
    let default = read_default(&definition)?;
    let is_secret = match definition.get("secret") {
        Some(secret) => secret.boolean()?,
        None => false,
    };
    match given.or(default) {
        Some(value) => Ok(Variable {
            name: name.to_owned(),
            value,
            is_secret,
        }),
        None => Err(definition.at().error(
            ManifestErrorKind::MissingVariable,
            format!(
                "the required variable has no value; set it with `--variable {name}=VALUE`, or set `{source}` in the \
                 environment or in the file `.env`"
            ),
        )),
    }
}

/// Reads the variables of a component. Their values may contain variables of the application.
pub(crate) fn read_component(
    component: &Table<'_>,
    key: &str,
    application: &Variables,
) -> Result<Variables, ManifestError> {
    let Some(variables) = component.get(key) else {
        return Ok(Variables::default());
    };
    let variables = variables.table("a table of strings, such as `{ name = \"value\" }`")?;
    let values = collect_all(variables.entries().into_iter().map(|(name, value)| {
        check_name(name, value.at())?;
        let expanded = application
            .expand(value.string()?)
            .map_err(|error| template_error(value.at(), error))?;
        Ok((name.to_owned(), expanded))
    }))?;
    Ok(Variables {
        values: values.into_iter().collect(),
        secret: BTreeSet::new(),
    })
}

/// Converts the error of a template at this position.
pub(crate) fn template_error(at: &At<'_>, error: TemplateError) -> ManifestError {
    let kind = match error {
        TemplateError::Unclosed => ManifestErrorKind::InvalidValue,
        TemplateError::Undefined(_) => ManifestErrorKind::Undefined,
    };
    at.error(kind, error.to_string()).with_source(error)
}

fn check_name(name: &str, at: &At<'_>) -> Result<(), ManifestError> {
    match variable_name_problem(name) {
        None => Ok(()),
        Some(problem) => Err(at.error(ManifestErrorKind::InvalidValue, problem)),
    }
}

/// Reads the default value; `None` if the variable is required. As in Spin, a variable has exactly one of the two.
fn read_default(definition: &Table<'_>) -> Result<Option<String>, ManifestError> {
    definition.only(&["default", "required", "secret", "description"])?;
    let default = match definition.get("default") {
        Some(default) => Some(default.string()?.to_owned()),
        None => None,
    };
    let required = match definition.get("required") {
        Some(required) => required.boolean()?,
        None => false,
    };
    if required == default.is_some() {
        return Err(definition.at().error(
            ManifestErrorKind::InvalidValue,
            "a variable needs either `default = \"…\"` or `required = true`; use one of the two",
        ));
    }
    Ok(default)
}
