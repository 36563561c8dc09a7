//! The sizes of a file's modules and sections. Every byte is counted in exactly one section of one module.

use serde::Serialize;
use wasmparser::types::TypesRef;
use wasmparser::{ComponentName, CustomSectionReader, KnownCustom, Name, Parser, Payload};

use crate::wasm_file::WasmKind;

/// The names of a core module's sections, by section id.
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

/// The names of a component's sections, by section id.
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

/// The file itself, or a component or core module nested in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Module {
    /// A component or a core module.
    pub kind: WasmKind,
    /// The name from its name section, or from the name section of the component around it.
    pub name: Option<String>,
    /// The number of components around it: 0 for the file itself.
    pub depth: u32,
    /// The size in bytes without nested modules, which is the sum over its sections.
    pub bytes: u64,
    /// The sections in the order of the file; sections of the same name are added up.
    pub sections: Vec<Section>,
}

/// The bytes of all sections of one name in one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Section {
    /// The name, such as `code`, `data` or `custom "producers"`; `preamble` is the first eight bytes of a module
    /// and, for a nested one, the header of its section in the component around it.
    pub name: String,
    /// The size in bytes, section headers included.
    pub bytes: u64,
}

impl Module {
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

/// The modules of a valid file, itself first.
pub(super) fn modules(bytes: &[u8], kind: WasmKind, types: TypesRef<'_>) -> Vec<Module> {
    let mut walk = Walk {
        modules: vec![empty_module(kind, 0)],
        open: vec![0],
        end_of_last: 0,
        core_module_names: Vec::new(),
    };
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        walk.visit(&payload);
    }
    walk.name_core_modules(types);
    walk.modules
}

/// A pass over a file that counts every byte for the section that ends next.
struct Walk {
    modules: Vec<Module>,
    /// Indices of the modules whose end has not been parsed yet, outermost first.
    open: Vec<usize>,
    /// All bytes before this one have been counted.
    end_of_last: usize,
    /// The names that the file, if it is a component, has for its core modules, with their indices.
    core_module_names: Vec<(u32, String)>,
}

impl Walk {
    fn visit(&mut self, payload: &Payload<'_>) {
        if let Payload::ModuleSection { .. } = payload {
            self.enter(WasmKind::CoreModule);
        } else if let Payload::ComponentSection { .. } = payload {
            self.enter(WasmKind::Component);
        } else if let Payload::Version { range, .. } = payload {
            self.add("preamble", range.end);
        } else if let Payload::CustomSection(section) = payload {
            self.read_names(section);
            self.add(&format!("custom {:?}", section.name()), section.range().end);
        } else if let Payload::End(_) = payload {
            self.open.pop();
        } else if let (Some((id, range)), Some(current)) = (payload.as_section(), self.current()) {
            // A code section is counted as a whole; its function bodies, which follow, are not sections.
            let name = section_name(current.kind, id);
            self.add(name, range.end);
        }
    }

    fn current(&mut self) -> Option<&mut Module> {
        let index = *self.open.last()?;
        self.modules.get_mut(index)
    }

    fn enter(&mut self, kind: WasmKind) {
        let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        self.open.push(self.modules.len());
        self.modules.push(empty_module(kind, depth));
    }

    fn add(&mut self, name: &str, end: usize) {
        let bytes = end.saturating_sub(self.end_of_last) as u64;
        self.end_of_last = end;
        if let Some(current) = self.current() {
            current.add(name, bytes);
        }
    }

    /// Reads a name section up to its first malformed entry; validation does not cover custom sections.
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

    /// Names the core modules that have no name section by the component's name section.
    fn name_core_modules(&mut self, types: TypesRef<'_>) {
        let modules: Vec<&mut Module> = self
            .modules
            .iter_mut()
            .filter(|module| module.depth == 1 && module.kind == WasmKind::CoreModule)
            .collect();
        // If the component imports or aliases core modules, its indices count those too.
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

fn empty_module(kind: WasmKind, depth: u32) -> Module {
    Module {
        kind,
        name: None,
        depth,
        bytes: 0,
        sections: Vec::new(),
    }
}

fn section_name(kind: WasmKind, id: u8) -> &'static str {
    let names = match kind {
        WasmKind::Component => &COMPONENT_SECTIONS[..],
        WasmKind::CoreModule => &CORE_SECTIONS[..],
    };
    names.get(usize::from(id)).copied().unwrap_or("unknown")
}
