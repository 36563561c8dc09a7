//! The languages and tools that made a file, as its `producers` sections record them.

use std::fmt;

use serde::Serialize;
use wasmparser::{Encoding, KnownCustom, Parser, Payload, ProducersSectionReader};

/// A language or tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tool {
    /// The name, such as `Rust` or `wit-component`.
    pub name: String,
    /// The version as recorded; empty if none is recorded.
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

/// The content of `producers` sections.
#[derive(Default)]
pub(crate) struct Producers {
    /// The source languages.
    pub(crate) languages: Vec<Tool>,
    /// Compilers, binding generators and encoders.
    pub(crate) tools: Vec<Tool>,
}

/// A component or core module whose end has not been parsed yet.
struct Open {
    is_core_module: bool,
    start: usize,
    producers: Producers,
}

impl Producers {
    /// Reads the producers of the largest core module, which is the guest, and of the file itself.
    ///
    /// The other core modules are adapters and shims, whose producers say nothing about the guest.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut open: Vec<Open> = Vec::new();
        let (mut file, mut largest, mut largest_bytes) = (Self::default(), Self::default(), 0);
        for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
            if let Payload::Version {
                encoding, range, ..
            } = &payload
            {
                open.push(Open {
                    is_core_module: *encoding == Encoding::Module,
                    start: range.start,
                    producers: Self::default(),
                });
            } else if let Payload::CustomSection(section) = &payload
                && let KnownCustom::Producers(fields) = section.as_known()
                && let Some(module) = open.last_mut()
            {
                module.producers.read(fields);
            } else if let Payload::End(end) = payload
                && let Some(module) = open.pop()
            {
                let n_bytes = end.saturating_sub(module.start);
                if module.is_core_module && n_bytes > largest_bytes {
                    (largest, largest_bytes) = (module.producers, n_bytes);
                } else if open.is_empty() {
                    file = module.producers;
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
            let values = field.values.into_iter().map_while(Result::ok);
            list.extend(values.map(|value| Tool {
                name: value.name.to_owned(),
                version: value.version.to_owned(),
            }));
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
