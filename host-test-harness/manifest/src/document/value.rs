//! Values of any TOML type.

use toml::de::DeValue;

use super::{At, Table};
use crate::error::{ManifestError, ManifestErrorKind, collect_all};

/// A value with its position.
#[derive(Debug, Clone)]
pub(crate) struct Value<'d> {
    at: At<'d>,
    value: &'d DeValue<'d>,
}

impl<'d> Value<'d> {
    pub(super) fn new(at: At<'d>, value: &'d DeValue<'d>) -> Self {
        Self { at, value }
    }

    pub(crate) fn at(&self) -> &At<'d> {
        &self.at
    }

    /// Returns the string, or an error for another type.
    pub(crate) fn string(&self) -> Result<&'d str, ManifestError> {
        self.as_string().ok_or_else(|| self.wrong_type("a string"))
    }

    pub(crate) fn as_string(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    pub(crate) fn boolean(&self) -> Result<bool, ManifestError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong_type("a boolean"))
    }

    /// Returns the digits of an integer, in decimal.
    pub(crate) fn as_integer(&self) -> Option<&'d str> {
        let integer = self.value.as_integer()?;
        (integer.radix() == 10).then(|| integer.as_str())
    }

    /// Returns whether this is the integer `expected`, in decimal.
    pub(crate) fn is_integer(&self, expected: &str) -> bool {
        self.as_integer() == Some(expected)
    }

    /// Returns the table, or an error for another type; `expected` completes "expected …".
    pub(crate) fn table(&self, expected: &str) -> Result<Table<'d>, ManifestError> {
        self.as_table().ok_or_else(|| self.wrong_type(expected))
    }

    pub(crate) fn as_table(&self) -> Option<Table<'d>> {
        let entries = self.value.as_table()?;
        Some(Table::new(self.at.clone(), entries))
    }

    /// Returns the elements of the array, or an error for another type; `expected` completes "expected …".
    pub(crate) fn array(&self, expected: &str) -> Result<Vec<Self>, ManifestError> {
        let Some(array) = self.value.as_array() else {
            return Err(self.wrong_type(expected));
        };
        let elements = array.iter().enumerate();
        Ok(elements
            .map(|(index, value)| Self {
                at: self.at.element(index, value.span().start),
                value: value.get_ref(),
            })
            .collect())
    }

    /// Returns the elements of an array of strings; `expected` completes "expected …".
    pub(crate) fn strings(&self, expected: &str) -> Result<Vec<String>, ManifestError> {
        let elements = self.array(expected)?;
        collect_all(
            elements
                .iter()
                .map(|element| element.string().map(str::to_owned)),
        )
    }

    /// Returns whether this is an empty array or table.
    pub(crate) fn is_empty(&self) -> bool {
        match self.value {
            DeValue::Array(array) => array.is_empty(),
            DeValue::Table(table) => table.is_empty(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => false,
        }
    }

    /// The type and value for a message. A string is not shown: it may be a secret under the wrong key.
    fn description(&self) -> String {
        match self.value {
            DeValue::String(_) => "a string".to_owned(),
            DeValue::Integer(integer) => format!("integer {integer}"),
            DeValue::Float(float) => format!("float {float}"),
            DeValue::Boolean(boolean) => format!("boolean {boolean}"),
            DeValue::Datetime(datetime) => format!("date-time {datetime}"),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// The type and value for a message, for keys that hold no secrets.
    pub(crate) fn description_with_string(&self) -> String {
        match self.as_string() {
            Some(string) => format!("string {string:?}"),
            None => self.description(),
        }
    }

    /// The error of a value with the wrong type; `expected` completes "expected …".
    pub(crate) fn wrong_type(&self, expected: &str) -> ManifestError {
        self.at.error(
            ManifestErrorKind::WrongType,
            format!("expected {expected}, found {}", self.description()),
        )
    }
}
