//! The imports and exports of a component or core module.

use std::fmt;

use serde::Serialize;
use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{Parser, Payload};

/// One import or export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Item {
    /// The name without the version, such as `wasi:cli/run`.
    pub name: String,
    /// The version, such as `0.2.6`; `None` if the name has no version, as in `fermyon:spin/http`.
    pub version: Option<String>,
    /// The kind.
    pub kind: ItemKind,
    /// The functions of an interface or namespace that the file names; empty for every other kind.
    pub functions: Vec<String>,
}

/// The kind of an [`Item`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ItemKind {
    /// A named group of types and functions.
    Interface,
    /// A function of the world itself, or an exported function of a core module.
    Function,
    /// The functions that a core module imports under one module name.
    Namespace,
    /// A type of the world itself.
    Type,
    /// A value.
    Value,
    /// A component.
    Component,
    /// A core module.
    CoreModule,
    /// The memory of a core module.
    Memory,
    /// A table of a core module.
    Table,
    /// A global of a core module.
    Global,
    /// A tag of a core module's exceptions.
    Tag,
}

/// In words, such as `core module`.
impl fmt::Display for ItemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Interface => "interface",
            Self::Function => "function",
            Self::Namespace => "namespace",
            Self::Type => "type",
            Self::Value => "value",
            Self::Component => "component",
            Self::CoreModule => "core module",
            Self::Memory => "memory",
            Self::Table => "table",
            Self::Global => "global",
            Self::Tag => "tag",
        })
    }
}

impl Item {
    pub(super) fn new(full_name: &str, kind: ItemKind) -> Self {
        let (name, version) = match full_name.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (full_name, None),
        };
        Self {
            name: name.to_owned(),
            version,
            kind,
            functions: Vec::new(),
        }
    }
}

/// The name with the version, as in WIT.
impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(formatter, "@{version}"),
            None => Ok(()),
        }
    }
}

/// The imports and exports of a valid component, in the order of the file.
pub(super) fn of_component(bytes: &[u8], types: TypesRef<'_>) -> (Vec<Item>, Vec<Item>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    // Nested components have import and export sections too; only those of depth 1 belong to the file.
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if let Payload::ComponentImportSection(section) = &payload {
            let names = section.clone().into_iter().map_while(Result::ok);
            imports.extend(names.filter(|_| depth == 1).filter_map(|import| {
                let item = types.component_item_for_import(import.name.name)?;
                Some(component_item(import.name.name, item, types))
            }));
        } else if let Payload::ComponentExportSection(section) = &payload {
            let names = section.clone().into_iter().map_while(Result::ok);
            exports.extend(names.filter(|_| depth == 1).filter_map(|export| {
                let item = types.component_item_for_export(export.name.name)?;
                Some(component_item(export.name.name, item, types))
            }));
        } else if let Payload::Version { .. } = payload {
            depth += 1;
        } else if let Payload::End(_) = payload {
            depth = depth.saturating_sub(1);
        }
    }
    (imports, exports)
}

fn component_item(name: &str, item: &ComponentItem, types: TypesRef<'_>) -> Item {
    let (kind, functions) = match item.ty {
        ComponentEntityType::Instance(id) => {
            let exports = types
                .get(id)
                .into_iter()
                .flat_map(|instance| instance.exports.iter());
            let functions =
                exports.filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)));
            (
                ItemKind::Interface,
                functions.map(|(name, _)| name.clone()).collect(),
            )
        }
        ComponentEntityType::Func(_) => (ItemKind::Function, Vec::new()),
        ComponentEntityType::Value(_) => (ItemKind::Value, Vec::new()),
        ComponentEntityType::Type { .. } => (ItemKind::Type, Vec::new()),
        ComponentEntityType::Component(_) => (ItemKind::Component, Vec::new()),
        ComponentEntityType::Module(_) => (ItemKind::CoreModule, Vec::new()),
    };
    Item {
        functions,
        ..Item::new(name, kind)
    }
}

/// The imports and exports of a valid core module, in the order of the file.
pub(super) fn of_core_module(types: TypesRef<'_>) -> (Vec<Item>, Vec<Item>) {
    let mut imports: Vec<Item> = Vec::new();
    for (module, name, ty) in types.core_imports().into_iter().flatten() {
        let kind = core_kind(&ty);
        if kind != ItemKind::Function {
            imports.push(Item::new(&format!("{module}.{name}"), kind));
            continue;
        }
        let namespace = imports
            .iter_mut()
            .find(|item| item.kind == ItemKind::Namespace && item.to_string() == module);
        match namespace {
            Some(item) => item.functions.push(name.to_owned()),
            None => imports.push(Item {
                functions: vec![name.to_owned()],
                ..Item::new(module, ItemKind::Namespace)
            }),
        }
    }
    let exports = types.core_exports().into_iter().flatten();
    let exports = exports.map(|(name, ty)| Item {
        // In an export such as `wasi:cli/run@0.2.6#run` the version is in the middle of the name.
        name: name.to_owned(),
        version: None,
        kind: core_kind(&ty),
        functions: Vec::new(),
    });
    (imports, exports.collect())
}

fn core_kind(ty: &EntityType) -> ItemKind {
    match ty {
        EntityType::Func(_) | EntityType::FuncExact(_) => ItemKind::Function,
        EntityType::Table(_) => ItemKind::Table,
        EntityType::Memory(_) => ItemKind::Memory,
        EntityType::Global(_) => ItemKind::Global,
        EntityType::Tag(_) => ItemKind::Tag,
    }
}
