//! What a core module imports and exports, against what its world says.

use std::fmt;

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{FuncType, Parser, Payload, ValType};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{Function, Resolve, WorldItem, WorldKey};

use crate::componentize::is_core_abi;
use crate::componentize::world::Contract;
use crate::inspect::languages;

/// The module from which functions of the world itself are imported.
const ROOT: &str = "$root";

/// The imports and exports of a core module.
pub(super) struct Boundary<'a> {
    imports: Vec<(&'a str, &'a str, Option<Signature>)>,
    exports: Vec<(&'a str, Option<Signature>)>,
}

/// The type of a function; what is no function has none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    parameters: Vec<ValType>,
    results: Vec<ValType>,
}

/// A function that a world has, under the name that a core module knows it by.
struct Expected {
    module: String,
    function: String,
    signature: Signature,
}

impl<'a> Boundary<'a> {
    pub(super) fn of(types: TypesRef<'a>) -> Self {
        let signature = |ty: EntityType| match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) => {
                Some(Signature::of_core(types.get(id)?.unwrap_func()))
            }
            EntityType::Table(_)
            | EntityType::Memory(_)
            | EntityType::Global(_)
            | EntityType::Tag(_) => None,
        };
        let imports = types.core_imports().into_iter().flatten();
        let exports = types.core_exports().into_iter().flatten();
        Self {
            imports: imports
                .map(|(module, name, ty)| (module, name, signature(ty)))
                .collect(),
            exports: exports.map(|(name, ty)| (name, signature(ty))).collect(),
        }
    }

    /// Whether it is a program with a `main`, and no reactor.
    pub(super) fn is_program(&self) -> bool {
        self.export("_start").is_some()
    }

    fn export(&self, name: &str) -> Option<&Option<Signature>> {
        let found = self.exports.iter().find(|(export, _)| *export == name);
        found.map(|(_, signature)| signature)
    }

    /// Every import and export that does not fit, one sentence each.
    pub(super) fn problems(&self, contract: &Contract, adapter: &[u8]) -> Vec<String> {
        let expected = contract.expected_exports();
        let mut problems: Vec<String> = expected
            .iter()
            .filter_map(|want| self.export_problem(want))
            .collect();
        if !problems.is_empty() && self.is_program() {
            problems.push(
                "it exports `_start`, so it is a program: build a reactor (Go: `-buildmode=c-shared`; \
                 Rust: `crate-type = [\"cdylib\"]`), or name the world `command`"
                    .to_owned(),
            );
        }
        problems.extend(self.import_problems(contract, &function_exports(adapter)));
        problems
    }

    /// What the encoder lets pass, although the component would not do what its author expects.
    pub(super) fn unnoticed_problems(&self, core: &[u8], contract: &Contract) -> Vec<String> {
        let expected = contract.expected_exports();
        let mut problems = Vec::new();
        if expected.is_empty() && !self.is_program() {
            problems.push("the export `_start` is missing, and the world has no other".to_owned());
        }
        for (name, _) in &self.exports {
            let function = name.strip_prefix("cabi_post_").unwrap_or(name);
            if is_of_an_interface(function)
                && !expected.iter().any(|want| want.export_name() == function)
            {
                problems.push(format!("the world does not have the export `{name}`"));
            }
        }
        problems.extend(self.memory_problem(core));
        problems
    }

    fn export_problem(&self, want: &Expected) -> Option<String> {
        let name = want.export_name();
        match self.export(&name) {
            Some(Some(got)) if *got == want.signature => None,
            Some(Some(got)) => Some(format!(
                "the export `{name}` has the type {got}, and the world wants {}",
                want.signature
            )),
            Some(None) => Some(format!("the export `{name}` is no function")),
            None => Some(format!(
                "the export `{name}`, a function {}, is missing",
                want.signature
            )),
        }
    }

    fn import_problems(&self, contract: &Contract, adapted: &[&str]) -> Vec<String> {
        let expected = contract.expected_imports();
        let imports = self.imports.iter();
        imports
            .filter_map(|(module, name, got)| {
                if *module == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME {
                    return (!adapted.contains(name))
                        .then(|| format!("WASI preview 1 has no function `{name}`"));
                }
                let mut wanted = expected.iter();
                let want = wanted.find(|want| want.module == *module && want.function == *name);
                import_problem(module, name, got.as_ref(), want)
            })
            .collect()
    }

    /// The adapter needs memory of its own. Without `cabi_realloc` it adds a page to the module's memory,
    /// and Go's allocator takes every page behind its heap for its own.
    fn memory_problem(&self, core: &[u8]) -> Option<String> {
        let uses_adapter = self.is_program()
            || self
                .imports
                .iter()
                .any(|(module, ..)| *module == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME);
        let reallocates = ["cabi_realloc", "cabi_realloc_adapter"]
            .iter()
            .any(|name| self.export(name).is_some());
        let is_go = languages(core).iter().any(|language| language.name == "Go");
        (uses_adapter && is_go && !reallocates).then(|| {
            "the export `cabi_realloc` is missing, and Go's allocator would overwrite the memory of the WASI \
             adapter: import this project's Go package, which exports it"
                .to_owned()
        })
    }
}

fn import_problem(
    module: &str,
    name: &str,
    got: Option<&Signature>,
    want: Option<&Expected>,
) -> Option<String> {
    match (want, got) {
        (Some(want), Some(got)) if *got == want.signature => None,
        (Some(want), Some(got)) => Some(format!(
            "the import `{module}` `{name}` has the type {got}, and the world has {}",
            want.signature
        )),
        (Some(_), None) => Some(format!("the import `{module}` `{name}` is no function")),
        // The component model's own functions, such as those of resources.
        (None, _) if name.starts_with('[') => None,
        (None, _) if is_core_abi(module) => Some(format!(
            "the import `{module}` `{name}` is of Spin 1.x's core ABI: build with an SDK whose import is \
             `fermyon:spin/http`"
        )),
        (None, _) => Some(format!(
            "the import `{module}` `{name}` is neither the world's nor of WASI preview 1"
        )),
    }
}

/// Whether an export is named as a function of an interface; compilers' own exports have no `#`, and
/// the component model's own begin with a bracket.
fn is_of_an_interface(export: &str) -> bool {
    export.split_once('#').is_some_and(|(interface, function)| {
        !interface.starts_with('[') && !function.starts_with("[dtor]")
    })
}

impl Contract {
    fn expected_exports(&self) -> Vec<Expected> {
        functions(
            &self.resolve,
            &self.world().exports,
            AbiVariant::GuestExport,
        )
    }

    fn expected_imports(&self) -> Vec<Expected> {
        functions(
            &self.resolve,
            &self.world().imports,
            AbiVariant::GuestImport,
        )
    }
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
        signature: Signature::of_wit(resolve.wasm_signature(variant, function)),
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

/// The names of the functions that a core module exports.
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

impl Signature {
    fn of_core(function: &FuncType) -> Self {
        Self {
            parameters: function.params().to_vec(),
            results: function.results().to_vec(),
        }
    }

    fn of_wit(signature: WasmSignature) -> Self {
        let types = |types: Vec<WasmType>| types.into_iter().map(core_type).collect();
        Self {
            parameters: types(signature.params),
            results: types(signature.results),
        }
    }
}

fn core_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// As `(i32, i32) -> i32`.
impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[ValType]| {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            types.join(", ")
        };
        write!(formatter, "({})", list(&self.parameters))?;
        match self.results.as_slice() {
            [] => Ok(()),
            results => write!(formatter, " -> {}", list(results)),
        }
    }
}
