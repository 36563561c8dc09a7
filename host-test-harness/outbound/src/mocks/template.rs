//! Responses that read the request: texts with `{{ … }}`, in the syntax of Jinja.

use std::sync::LazyLock;

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value, json};

use super::error::InvalidMock;
use super::received::ReceivedRequest;

/// What rendering one template may take: a step of it takes 1, and so do 64 bytes of text.
const MAX_FUEL: u64 = 1_000_000;

/// A name that does not exist is an error, so that a misspelt one is not an empty text.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(MAX_FUEL));
    environment
});

/// Checks the syntax of a template.
pub(super) fn check(text: &str) -> Result<(), InvalidMock> {
    match ENVIRONMENT.template_from_str(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(InvalidMock::new(format!(
            "`{text}` is not a template: {error}"
        ))),
    }
}

/// Checks the syntax of each text of a JSON value.
pub(super) fn check_json(value: &Value) -> Result<(), InvalidMock> {
    match value {
        Value::String(text) => check(text),
        Value::Array(items) => items.iter().try_for_each(check_json),
        Value::Object(members) => members.values().try_for_each(check_json),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// What a template can read: the request, and the number of the call of its mock.
pub(super) struct Scope(minijinja::Value);

impl Scope {
    /// `call` is 1 for the first call.
    pub(super) fn new(request: &ReceivedRequest, call: u32) -> Self {
        let mut query = Map::new();
        for (name, value) in request.url.query_pairs() {
            query
                .entry(name)
                .or_insert_with(|| Value::from(value.into_owned()));
        }
        let mut headers = Map::new();
        for name in request.headers.keys() {
            let first = request.header_values(name.as_str()).into_iter().next();
            headers.insert(name.to_string(), Value::from(first));
        }
        let segments: Vec<&str> = request.url.path_segments().into_iter().flatten().collect();
        let values = json!({
            "method": request.method.as_str(),
            "url": request.url.as_str(),
            "host": request.url.host_str(),
            "path": request.url.path(),
            "segments": segments,
            "query": query,
            "headers": headers,
            "text": request.text(),
            "json": request.json::<Value>().ok(),
            "component": &*request.component,
        });
        Self(minijinja::Value::from(Serde(
            json!({"request": values, "call": call}),
        )))
    }

    /// Renders a text.
    pub(super) fn text(&self, template: &str) -> Result<String, InvalidMock> {
        ENVIRONMENT
            .render_str(template, self.0.clone())
            .map_err(|error| failed(template, &error))
    }

    /// Renders each text of a JSON value. One that is a single `{{ … }}` becomes the value that it names, with its type.
    pub(super) fn json(&self, value: &Value) -> Result<Value, InvalidMock> {
        Ok(match value {
            Value::String(text) => match expression(text) {
                Some(expression) => self.value(text, expression)?,
                None => Value::String(self.text(text)?),
            },
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.json(item))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.json(value)?)))
                    .collect::<Result<_, InvalidMock>>()?,
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    fn value(&self, template: &str, expression: &str) -> Result<Value, InvalidMock> {
        let value = ENVIRONMENT
            .compile_expression(expression)
            .and_then(|compiled| compiled.eval(self.0.clone()))
            .map_err(|error| failed(template, &error))?;
        if value.is_undefined() {
            return Err(InvalidMock::new(format!(
                "the template `{template}` has no value for this request"
            )));
        }
        serde_json::to_value(&value).map_err(|error| {
            InvalidMock::new(format!(
                "the template `{template}` has no JSON value: {error}"
            ))
        })
    }
}

/// The expression of a text that is a single `{{ … }}`.
fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner)
}

fn failed(template: &str, error: &minijinja::Error) -> InvalidMock {
    if error.kind() == ErrorKind::OutOfFuel {
        return InvalidMock::new(format!(
            "the template `{template}` takes more than {MAX_FUEL} steps, each with up to 64 bytes of text; make it \
             shorter, or answer with a function (`respond_with`)"
        ));
    }
    InvalidMock::new(format!("the template `{template}` failed: {error}"))
}
