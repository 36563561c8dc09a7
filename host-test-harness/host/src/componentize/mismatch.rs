//! The differences between a core module and its target world, one sentence each.

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
use wasmparser::{Parser, Payload};
use wit_parser::abi::AbiVariant;
use wit_parser::{Function, Resolve, WorldItem, WorldKey};

use crate::componentize::core_abi::is_core_abi;
use crate::componentize::module_signature::{FunctionType, Import, ModuleSignature};
use crate::componentize::target_world::TargetWorld;
use crate::producers::Producers;

/// The import module of the world's own functions, which belong to no interface.
const ROOT: &str = "$root";

/// A function of the target world, under the name that a core module uses for it.
struct Expected {
    module: String,
    function: String,
    ty: FunctionType,
}

/// Every import and export that does not fit.
pub(super) fn all(
    module: &ModuleSignature<'_>,
    target: &TargetWorld,
    adapter: &[u8],
) -> Vec<String> {
    let exports = expected_exports(target);
    let mut mismatches: Vec<String> = exports
        .iter()
        .filter_map(|expected| export_mismatch(module, expected))
        .collect();
    if !mismatches.is_empty() && module.is_program() {
        mismatches.push(
            "the module exports `_start`, so it is a program: build a reactor (Go: `-buildmode=c-shared`; Rust: \
             `crate-type = [\"cdylib\"]`), or use the world `command`"
                .to_owned(),
        );
    }
    let imports = expected_imports(target);
    let adapted = function_exports(adapter);
    mismatches.extend(
        module
            .imports
            .iter()
            .filter_map(|import| import_mismatch(import, &imports, &adapted)),
    );
    mismatches
}

/// The mismatches that the encoder accepts, although the component would not work as its author expects.
pub(super) fn unnoticed_by_encoder(
    module: &ModuleSignature<'_>,
    target: &TargetWorld,
    core: &[u8],
) -> Vec<String> {
    let expected = expected_exports(target);
    let mut mismatches = Vec::new();
    if expected.is_empty() && !module.is_program() {
        mismatches
            .push("the export `_start` is missing, and the world has no other export".to_owned());
    }
    for export in &module.exports {
        let name = export.name;
        let function = name.strip_prefix("cabi_post_").unwrap_or(name);
        if belongs_to_an_interface(function)
            && !expected
                .iter()
                .any(|expected| expected.export_name() == function)
        {
            mismatches.push(format!("the world does not have the export `{name}`"));
        }
    }
    mismatches.extend(shared_memory(module, core));
    mismatches
}

fn export_mismatch(module: &ModuleSignature<'_>, expected: &Expected) -> Option<String> {
    let name = expected.export_name();
    let Some(export) = module.export(&name) else {
        return Some(format!(
            "the export `{name}`, a function {}, is missing",
            expected.ty
        ));
    };
    match &export.ty {
        None => Some(format!("the export `{name}` is not a function")),
        Some(ty) if *ty == expected.ty => None,
        Some(ty) => Some(format!(
            "the export `{name}` has the type {ty}, but the world expects {}",
            expected.ty
        )),
    }
}

fn import_mismatch(import: &Import<'_>, expected: &[Expected], adapted: &[&str]) -> Option<String> {
    let Import { module, name, ty } = import;
    if *module == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME {
        return (!adapted.contains(name))
            .then(|| format!("WASI preview 1 does not have a function `{name}`"));
    }
    let expected = expected
        .iter()
        .find(|expected| expected.module == *module && expected.function == *name);
    match (expected, ty) {
        (Some(expected), Some(ty)) if *ty == expected.ty => None,
        (Some(expected), Some(ty)) => Some(format!(
            "the import `{module}` `{name}` has the type {ty}, but the world has {}",
            expected.ty
        )),
        (Some(_), None) => Some(format!("the import `{module}` `{name}` is not a function")),
        // The component model's own functions, such as those of resources.
        (None, _) if name.starts_with('[') => None,
        (None, _) if is_core_abi(module) => Some(format!(
            "the import `{module}` `{name}` belongs to the core ABI of Spin 1.x; use an SDK that imports \
             `fermyon:spin/http`"
        )),
        (None, _) => Some(format!(
            "the import `{module}` `{name}` is neither in the world nor in WASI preview 1"
        )),
    }
}

/// Whether an export is named like a function of an interface.
///
/// The exports that compilers add have no `#`, and those of the component model begin with a bracket.
fn belongs_to_an_interface(export: &str) -> bool {
    export.split_once('#').is_some_and(|(interface, function)| {
        !interface.starts_with('[') && !function.starts_with("[dtor]")
    })
}

/// A Go module whose heap would overlap the adapter's memory.
///
/// Without `cabi_realloc`, the adapter adds a page to the module's memory for itself; Go's allocator assumes that
/// every page behind its heap is its own.
fn shared_memory(module: &ModuleSignature<'_>, core: &[u8]) -> Option<String> {
    let uses_adapter =
        module.is_program() || module.imports_from(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME);
    let has_realloc = ["cabi_realloc", "cabi_realloc_adapter"]
        .iter()
        .any(|name| module.export(name).is_some());
    let languages = Producers::of(core).languages;
    let is_go = languages.iter().any(|language| language.name == "Go");
    (uses_adapter && is_go && !has_realloc).then(|| {
        "the export `cabi_realloc` is missing, and Go's allocator would overwrite the memory of the WASI adapter: \
         import this project's Go package, which exports it"
            .to_owned()
    })
}

fn expected_exports(target: &TargetWorld) -> Vec<Expected> {
    let exports = &target.world().exports;
    functions(&target.resolve, exports, AbiVariant::GuestExport)
}

fn expected_imports(target: &TargetWorld) -> Vec<Expected> {
    let imports = &target.world().imports;
    functions(&target.resolve, imports, AbiVariant::GuestImport)
}

impl Expected {
    fn export_name(&self) -> String {
        if self.module == ROOT {
            self.function.clone()
        } else {
            format!("{}#{}", self.module, self.function)
        }
    }
}

/// The functions of a world's imports or exports.
fn functions<'a>(
    resolve: &Resolve,
    items: impl IntoIterator<Item = (&'a WorldKey, &'a WorldItem)>,
    variant: AbiVariant,
) -> Vec<Expected> {
    let expected = |module: String, function: &Function| Expected {
        module,
        function: function.name.clone(),
        ty: FunctionType::of_wit(resolve.wasm_signature(variant, function)),
    };
    let mut all = Vec::new();
    for (key, item) in items {
        match item {
            WorldItem::Interface { id, .. } => {
                let interface = resolve.interfaces.get(*id);
                let functions = interface.into_iter().flat_map(|it| it.functions.values());
                all.extend(
                    functions.map(|function| expected(resolve.name_world_key(key), function)),
                );
            }
            WorldItem::Function(function) => all.push(expected(ROOT.to_owned(), function)),
            WorldItem::Type { .. } => {}
        }
    }
    all
}

/// The names that a core module exports.
fn function_exports(core: &[u8]) -> Vec<&str> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(core).map_while(Result::ok) {
        if let Payload::ExportSection(section) = payload {
            let exports = section.into_iter().map_while(Result::ok);
            names.extend(exports.map(|export| export.name));
        }
    }
    names
}
