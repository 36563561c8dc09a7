//! Imports that the harness does not have, as traps: a component may import what it calls in rare cases only.
//!
//! Wasmtime's own such function compares names with their versions, and would put traps also in the place of
//! `wasi:cli/stdout@0.2.3`, which a linker has that has `wasi:cli/stdout@0.2.6`.

use std::fmt;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, bail};

use crate::inspect::is_offered;
use crate::state::State;

/// Defines each import that the harness does not have.
pub(super) fn define(
    linker: &mut Linker<State>,
    engine: &Engine,
    component: &Component,
) -> wasmtime::Result<()> {
    for (name, import) in component.component_type().imports(engine) {
        if !is_offered(name) {
            define_item(&mut linker.root(), engine, (None, name), &import.ty)?;
        }
    }
    Ok(())
}

fn define_item(
    linker: &mut LinkerInstance<'_, State>,
    engine: &Engine,
    (interface, name): (Option<&str>, &str),
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::ComponentFunc(function) => {
            let import = MissingImport(match interface {
                Some(interface) => format!("{interface}#{name}"),
                None => name.to_owned(),
            });
            if function.async_() {
                return linker.func_new_concurrent(name, move |_, _, _, _| {
                    let import = import.clone();
                    Box::pin(async { Err(wasmtime::Error::new(import)) })
                });
            }
            linker.func_new(name, move |_, _, _, _| {
                Err(wasmtime::Error::new(import.clone()))
            })
        }
        ComponentItem::ComponentInstance(instance) => {
            let mut linker = linker.instance(name)?;
            for (export, item) in instance.exports(engine) {
                define_item(&mut linker, engine, (Some(name), export), &item.ty)?;
            }
            Ok(())
        }
        ComponentItem::Resource(_) => {
            linker.resource(name, ResourceType::host::<MissingImport>(), |_, _| Ok(()))
        }
        ComponentItem::Type(_) => Ok(()),
        ComponentItem::CoreFunc(_) | ComponentItem::Module(_) | ComponentItem::Component(_) => {
            bail!("`{name}` is code, which no host has")
        }
    }
}

/// The error that ends a guest which calls such an import: the name of the function.
#[derive(Debug, Clone)]
pub(crate) struct MissingImport(String);

impl fmt::Display for MissingImport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(
            formatter,
            "it called the import `{name}`, which this harness does not have"
        )
    }
}

impl std::error::Error for MissingImport {}
