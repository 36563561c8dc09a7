//! Where two JSON values differ.

use serde_json::Value;

use super::diff::{Difference, Field};

/// How JSON is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Both values are equal. The order of an object's members does not count, nor does `1` differ from `1.0`.
    Whole,
    /// Objects may have members that the wanted value lacks. Lists have the same length.
    Subset,
}

/// Reports each JSON pointer at which `got` is not as wanted.
pub(super) fn compare(
    got: &Value,
    want: &Value,
    extent: Extent,
    differences: &mut Vec<Difference>,
) {
    at("", got, want, extent, differences);
}

fn at(pointer: &str, got: &Value, want: &Value, extent: Extent, differences: &mut Vec<Difference>) {
    match (got, want) {
        (Value::Object(got), Value::Object(want)) => {
            for (key, want) in want {
                let pointer = child(pointer, key);
                match got.get(key) {
                    Some(got) => at(&pointer, got, want, extent, differences),
                    None => differences.push(difference(&pointer, None, Some(want))),
                }
            }
            if extent == Extent::Whole {
                for (key, got) in got.iter().filter(|(key, _)| !want.contains_key(*key)) {
                    differences.push(difference(&child(pointer, key), Some(got), None));
                }
            }
        }
        (Value::Array(got), Value::Array(want)) => {
            for index in 0..got.len().max(want.len()) {
                let pointer = child(pointer, &index.to_string());
                match (got.get(index), want.get(index)) {
                    (Some(got), Some(want)) => at(&pointer, got, want, extent, differences),
                    (got, want) => differences.push(difference(&pointer, got, want)),
                }
            }
        }
        (Value::Number(got_number), Value::Number(want_number))
            if got_number.as_f64() == want_number.as_f64()
                && (got_number.is_f64() || want_number.is_f64()) => {}
        (got, want) if got == want => {}
        (got, want) => differences.push(difference(pointer, Some(got), Some(want))),
    }
}

fn difference(pointer: &str, got: Option<&Value>, want: Option<&Value>) -> Difference {
    let shown = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
    let pointer = if pointer.is_empty() { "/" } else { pointer };
    Difference::new(
        Field::Body(format!("json {pointer}")),
        shown(got),
        shown(want),
    )
}

/// A JSON pointer (RFC 6901) to a member or element.
fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
