//! Who made a file, as its `producers` sections record it.

use std::fmt;

use serde::Serialize;
use wasmparser::{Encoding, KnownCustom, Parser, Payload, ProducersSectionReader};

/// A language or tool, with its version where one is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tool {
    /// Its name, such as `Rust` or `wit-component`.
    pub name: String,
    /// Its version as it is recorded; may be empty.
    pub version: String,
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        if self.version.is_empty() {
            Ok(())
        } else {
            write!(formatter, " {}", self.version)
        }
    }
}

/// What is recorded.
#[derive(Default)]
pub(super) struct Producers {
    pub(super) languages: Vec<Tool>,
    pub(super) tools: Vec<Tool>,
}

/// A component or core module under way.
struct Open {
    is_core_module: bool,
    starts: u64,
    recorded: Producers,
}

impl Producers {
    /// What the file itself records and its largest core module, which is the guest: the others are
    /// adapters and shims, whose language and tools say nothing about it.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut open: Vec<Open> = Vec::new();
        let (mut file, mut largest, mut largest_bytes) = (Self::default(), Self::default(), 0);
        for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
            if let Payload::Version {
                encoding, range, ..
            } = &payload
            {
                open.push(Open {
                    is_core_module: *encoding == Encoding::Module,
                    starts: range.start,
                    recorded: Self::default(),
                });
            } else if let Payload::CustomSection(section) = &payload
                && let KnownCustom::Producers(fields) = section.as_known()
                && let Some(part) = open.last_mut()
            {
                part.recorded.read(fields);
            } else if let Payload::End(end) = payload
                && let Some(part) = open.pop()
            {
                let part_bytes = end.saturating_sub(part.starts);
                if part.is_core_module && part_bytes > largest_bytes {
                    (largest, largest_bytes) = (part.recorded, part_bytes);
                } else if open.is_empty() {
                    file = part.recorded;
                }
            }
        }
        largest.add(file);
        largest
    }

    fn read(&mut self, fields: ProducersSectionReader<'_>) {
        for field in fields.into_iter().map_while(Result::ok) {
            let list = if field.name == "language" {
                &mut self.languages
            } else {
                &mut self.tools
            };
            list.extend(
                field
                    .values
                    .into_iter()
                    .map_while(Result::ok)
                    .map(|value| Tool {
                        name: value.name.to_owned(),
                        version: value.version.to_owned(),
                    }),
            );
        }
    }

    fn add(&mut self, other: Self) {
        add_new(&mut self.languages, other.languages);
        add_new(&mut self.tools, other.tools);
    }
}

fn add_new(list: &mut Vec<Tool>, more: Vec<Tool>) {
    for tool in more {
        if !list.contains(&tool) {
            list.push(tool);
        }
    }
}
