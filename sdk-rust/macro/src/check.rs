//! What the attribute may stand on: every misuse is an error at the place that is wrong.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Item, ItemFn, Result};

/// The attribute takes no arguments.
pub(crate) fn no_arguments(arguments: TokenStream) -> Result<()> {
    if arguments.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(
        arguments,
        "`#[http_component]` takes no arguments",
    ))
}

/// The attribute stands on a function.
pub(crate) fn function(item: TokenStream) -> Result<ItemFn> {
    let Item::Fn(function) = syn::parse2(item.clone())? else {
        return Err(Error::new_spanned(
            item,
            "`#[http_component]` stands on a function: `fn handle(request: Request) -> …`",
        ));
    };
    Ok(function)
}

/// The function is a plain one that takes the request.
pub(crate) fn handler(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "a handler is not `async`: `send_request` blocks until the response is there",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Error::new_spanned(
            unsafety,
            "a handler is not `unsafe`: the host calls it with any request",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a handler has no generic parameters: nothing chooses them",
        ));
    }
    let mut inputs = signature.inputs.iter();
    let Some(first) = inputs.next() else {
        return Err(Error::new(
            signature.paren_token.span.join(),
            "a handler takes the request: `fn handle(request: Request) -> …`",
        ));
    };
    if let FnArg::Receiver(receiver) = first {
        return Err(Error::new_spanned(
            receiver,
            "a handler is a free function, not a method: it has no `self`",
        ));
    }
    match inputs.next() {
        None => Ok(()),
        Some(second) => Err(Error::new(
            second.span(),
            "a handler takes the request and nothing else",
        )),
    }
}
