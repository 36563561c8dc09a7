//! The imports and exports of a core module, with the types of their functions.

use std::fmt;

use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{FuncType, ValType};
use wit_parser::abi::{WasmSignature, WasmType};

/// The imports and exports of a core module.
pub(super) struct ModuleSignature<'a> {
    pub(super) imports: Vec<Import<'a>>,
    pub(super) exports: Vec<Export<'a>>,
}

pub(super) struct Import<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    /// `None` unless it is a function.
    pub(super) ty: Option<FunctionType>,
}

pub(super) struct Export<'a> {
    pub(super) name: &'a str,
    /// `None` unless it is a function.
    pub(super) ty: Option<FunctionType>,
}

/// The parameters and results of a core function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FunctionType {
    parameters: Vec<ValType>,
    results: Vec<ValType>,
}

impl<'a> ModuleSignature<'a> {
    pub(super) fn of(types: TypesRef<'a>) -> Self {
        let function_type = |ty: EntityType| match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) => {
                Some(FunctionType::of_core(types.get(id)?.unwrap_func()))
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
                .map(|(module, name, ty)| Import {
                    module,
                    name,
                    ty: function_type(ty),
                })
                .collect(),
            exports: exports
                .map(|(name, ty)| Export {
                    name,
                    ty: function_type(ty),
                })
                .collect(),
        }
    }

    /// Whether the module is a program, with a `main`, and not a reactor.
    pub(super) fn is_program(&self) -> bool {
        self.export("_start").is_some()
    }

    /// Whether the name of an imported module or of an export begins with `prefix`.
    pub(super) fn uses(&self, prefix: &str) -> bool {
        let imports = self.imports.iter().map(|import| import.module);
        let exports = self.exports.iter().map(|export| export.name);
        imports.chain(exports).any(|name| name.starts_with(prefix))
    }

    pub(super) fn export(&self, name: &str) -> Option<&Export<'a>> {
        self.exports.iter().find(|export| export.name == name)
    }

    pub(super) fn imports_from(&self, module: &str) -> bool {
        self.imports.iter().any(|import| import.module == module)
    }
}

impl FunctionType {
    fn of_core(function: &FuncType) -> Self {
        Self {
            parameters: function.params().to_vec(),
            results: function.results().to_vec(),
        }
    }

    pub(super) fn of_wit(signature: WasmSignature) -> Self {
        let types = |types: Vec<WasmType>| types.into_iter().map(value_type).collect();
        Self {
            parameters: types(signature.params),
            results: types(signature.results),
        }
    }
}

fn value_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// For example `(i32, i32) -> i32`.
impl fmt::Display for FunctionType {
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
