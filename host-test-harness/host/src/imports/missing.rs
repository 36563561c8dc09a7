//! Imports that the harness does not have, defined as traps: a component may call such an import rarely or never.
//!
//! Wasmtime's `define_unknown_imports_as_traps` compares names with their versions. It would define a trap for
//! `wasi:cli/stdout@0.2.3` too, which a linker with `wasi:cli/stdout@0.2.6` offers.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, bail};

use crate::inspect::is_offered;
use crate::instance::state::State;

/// Defines each import that the harness does not have.
pub(crate) fn define(
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
            bail!("`{name}` is a core module or component, which a host does not offer")
        }
    }
}

/// The error that ends a guest which calls such an import.
#[derive(Debug, Clone, thiserror::Error)]
#[error("called the import `{0}`, which this harness does not have")]
pub(crate) struct MissingImport(String);
