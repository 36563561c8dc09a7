//! Where two JSON values differ.

use std::fmt;

use serde_json::Value;

use super::diff::{Difference, Field, SHOWN_DIFFERENCES, shortened};

/// With one more than an error shows, it says that there are more. A body may have millions.
const MAX_DIFFERENCES: usize = SHOWN_DIFFERENCES + 1;

/// How JSON is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Both values are equal. The order of an object's members does not count, nor does `1` differ from `1.0`.
    Whole,
    /// Objects may have members that the wanted value lacks. Lists have the same length.
    Subset,
}

/// Reports the JSON pointers at which `got` is not as wanted, and no more than [`MAX_DIFFERENCES`].
pub(super) fn compare(
    got: &Value,
    want: &Value,
    extent: Extent,
    differences: &mut Vec<Difference>,
) {
    let mut comparison = Comparison {
        extent,
        path: Vec::new(),
        differences: Vec::new(),
    };
    comparison.values(got, want);
    differences.append(&mut comparison.differences);
}

/// A comparison at one place of the values.
struct Comparison<'a> {
    extent: Extent,
    /// Where the place is.
    path: Vec<Step<'a>>,
    differences: Vec<Difference>,
}

/// The key of a member, or the index of an element.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

fn shown(value: Option<&Value>) -> &dyn fmt::Display {
    match value {
        Some(value) => value,
        None => &"none",
    }
}

impl<'a> Comparison<'a> {
    fn values(&mut self, got: &'a Value, want: &'a Value) {
        match (got, want) {
            (Value::Object(got), Value::Object(want)) => {
                for (key, want) in want {
                    self.inside(Step::Key(key), got.get(key), Some(want));
                }
                if self.extent == Extent::Whole {
                    for (key, got) in got.iter().filter(|(key, _)| !want.contains_key(*key)) {
                        self.inside(Step::Key(key), Some(got), None);
                    }
                }
            }
            (Value::Array(got), Value::Array(want)) => {
                for index in 0..got.len().max(want.len()) {
                    self.inside(Step::Index(index), got.get(index), want.get(index));
                }
            }
            (Value::Number(got_number), Value::Number(want_number))
                if got_number.as_f64() == want_number.as_f64()
                    && (got_number.is_f64() || want_number.is_f64()) => {}
            (got, want) if got == want => {}
            (got, want) => self.differ(Some(got), Some(want)),
        }
    }

    fn inside(&mut self, step: Step<'a>, got: Option<&'a Value>, want: Option<&'a Value>) {
        if self.differences.len() >= MAX_DIFFERENCES {
            return;
        }
        self.path.push(step);
        match (got, want) {
            (Some(got), Some(want)) => self.values(got, want),
            (got, want) => self.differ(got, want),
        }
        self.path.pop();
    }

    fn differ(&mut self, got: Option<&Value>, want: Option<&Value>) {
        self.differences.push(Difference::new(
            Field::Body(format!("json {}", self.pointer())),
            shown(got),
            shown(want),
        ));
    }

    /// The place as a JSON pointer (RFC 6901), except that the whole value is `/`.
    fn pointer(&self) -> String {
        if self.path.is_empty() {
            return "/".to_owned();
        }
        let steps = self.path.iter().map(|step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        });
        shortened(steps.collect::<String>())
    }
}
