//! Where the bytes of a file are: each belongs to one section of one part.

use serde::Serialize;
use wasmparser::types::TypesRef;
use wasmparser::{ComponentName, CustomSectionReader, KnownCustom, Name, Parser, Payload};

use crate::wasm_file::Form;

/// The sections of a core module, by the number that the format gives them.
const CORE_SECTIONS: [&str; 14] = [
    "custom",
    "types",
    "imports",
    "functions",
    "tables",
    "memories",
    "globals",
    "exports",
    "start",
    "elements",
    "code",
    "data",
    "data count",
    "tags",
];

/// The sections of a component, by the number that the format gives them.
const COMPONENT_SECTIONS: [&str; 13] = [
    "custom",
    "core modules",
    "core instances",
    "core types",
    "components",
    "instances",
    "aliases",
    "types",
    "canonical functions",
    "start",
    "imports",
    "exports",
    "values",
];

/// A component or core module: the file itself, or one within it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// A component or a core module.
    pub form: Form,
    /// Its name, where a name section records one.
    pub name: Option<String>,
    /// How many components it is in: 0 for the file itself.
    pub depth: u32,
    /// Its size in bytes without the parts in it, which is the sum over its sections.
    pub bytes: u64,
    /// Its sections in the order of the file; those of one kind are added up.
    pub sections: Vec<Section>,
}

/// The bytes of one kind of section in one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Section {
    /// Such as `code`, `data`, `custom "producers"`, or `preamble`: the first eight bytes of a part, and
    /// for an inner one also its entry in the part around it.
    pub name: String,
    /// Their size in bytes with their headers.
    pub bytes: u64,
}

impl Part {
    fn add(&mut self, name: &str, bytes: u64) {
        self.bytes += bytes;
        match self
            .sections
            .iter_mut()
            .find(|section| section.name == name)
        {
            Some(section) => section.bytes += bytes,
            None => self.sections.push(Section {
                name: name.to_owned(),
                bytes,
            }),
        }
    }
}

/// The parts of a valid file.
pub(super) fn parts(bytes: &[u8], form: Form, types: TypesRef<'_>) -> Vec<Part> {
    let mut walk = Walk {
        parts: vec![part(form, 0)],
        open: vec![0],
        end_of_last: 0,
        core_module_names: Vec::new(),
    };
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        walk.visit(&payload);
    }
    walk.name_core_modules(types);
    walk.parts
}

/// A walk through a file, which gives every byte to the section that ends next.
struct Walk {
    parts: Vec<Part>,
    /// The parts that the walk is in, outermost first, as indices of `parts`.
    open: Vec<usize>,
    /// All bytes before this one belong to a section already.
    end_of_last: u64,
    /// What the file itself, a component, calls its core modules.
    core_module_names: Vec<(u32, String)>,
}

impl Walk {
    fn visit(&mut self, payload: &Payload<'_>) {
        if let Payload::ModuleSection { .. } = payload {
            self.enter(Form::CoreModule);
        } else if let Payload::ComponentSection { .. } = payload {
            self.enter(Form::Component);
        } else if let Payload::Version { range, .. } = payload {
            self.add("preamble", range.end);
        } else if let Payload::CustomSection(section) = payload {
            self.read_names(section);
            self.add(&format!("custom {:?}", section.name()), section.range().end);
        } else if let Payload::End(_) = payload {
            self.open.pop();
        } else if let (Some((id, range)), Some(current)) = (payload.as_section(), self.current()) {
            // The functions of a code section are no sections, and have been counted with it.
            let name = section_name(current.form, id);
            self.add(name, range.end);
        }
    }

    fn current(&mut self) -> Option<&mut Part> {
        let index = *self.open.last()?;
        self.parts.get_mut(index)
    }

    fn enter(&mut self, form: Form) {
        let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        self.open.push(self.parts.len());
        self.parts.push(part(form, depth));
    }

    fn add(&mut self, name: &str, end: u64) {
        let bytes = end.saturating_sub(self.end_of_last);
        self.end_of_last = end;
        if let Some(current) = self.current() {
            current.add(name, bytes);
        }
    }

    /// Takes names from a name section; one that is malformed ends early, as tools may write what they like.
    fn read_names(&mut self, section: &CustomSectionReader<'_>) {
        let is_file = self.open.len() == 1;
        let Some(current) = self.current() else {
            return;
        };
        let known = section.as_known();
        if let KnownCustom::Name(names) = known {
            for name in names.into_iter().map_while(Result::ok) {
                if let Name::Module { name, .. } = name {
                    current.name = Some(name.to_owned());
                }
            }
        } else if let KnownCustom::ComponentName(names) = known {
            let mut core_modules = Vec::new();
            for name in names.into_iter().map_while(Result::ok) {
                if let ComponentName::Component { name, .. } = name {
                    current.name = Some(name.to_owned());
                } else if let ComponentName::CoreModules(names) = name {
                    let names = names.into_iter().map_while(Result::ok);
                    core_modules.extend(names.map(|it| (it.index, it.name.to_owned())));
                }
            }
            if is_file {
                self.core_module_names = core_modules;
            }
        }
    }

    /// Gives core modules without a name of their own the one that the component has for them.
    fn name_core_modules(&mut self, types: TypesRef<'_>) {
        let modules: Vec<&mut Part> = self
            .parts
            .iter_mut()
            .filter(|part| part.depth == 1 && part.form == Form::CoreModule)
            .collect();
        // A component that imports or aliases core modules numbers those too.
        if self.core_module_names.is_empty()
            || u32::try_from(modules.len()).ok() != Some(types.module_count())
        {
            return;
        }
        for (index, module) in (0_u32..).zip(modules) {
            let name = self
                .core_module_names
                .iter()
                .find(|(named, _)| *named == index);
            if let (None, Some((_, name))) = (&module.name, name) {
                module.name = Some(name.clone());
            }
        }
    }
}

fn part(form: Form, depth: u32) -> Part {
    Part {
        form,
        name: None,
        depth,
        bytes: 0,
        sections: Vec::new(),
    }
}

fn section_name(form: Form, id: u8) -> &'static str {
    let names = match form {
        Form::Component => &COMPONENT_SECTIONS[..],
        Form::CoreModule => &CORE_SECTIONS[..],
    };
    names.get(usize::from(id)).copied().unwrap_or("unknown")
}
