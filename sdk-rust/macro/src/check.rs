//! Checks how the attribute is used. An error points at the code that is wrong.

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

/// The attribute is on a function.
pub(crate) fn function(item: TokenStream) -> Result<ItemFn> {
    let Item::Fn(function) = syn::parse2(item.clone())? else {
        return Err(Error::new_spanned(
            item,
            "`#[http_component]` must be on a function: `fn handle(request: Request) -> …`",
        ));
    };
    Ok(function)
}

/// The function is synchronous, safe, not generic, and takes the request.
pub(crate) fn handler(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "a handler cannot be `async`: `send_request` blocks until the response has arrived",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Error::new_spanned(
            unsafety,
            "a handler cannot be `unsafe`: the host calls it with any request",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a handler cannot have generic parameters: nothing would infer them",
        ));
    }
    let mut inputs = signature.inputs.iter();
    let Some(first) = inputs.next() else {
        return Err(Error::new(
            signature.paren_token.span.join(),
            "a handler must take the request: `fn handle(request: Request) -> …`",
        ));
    };
    if let FnArg::Receiver(receiver) = first {
        return Err(Error::new_spanned(
            receiver,
            "a handler must be a free function without `self`",
        ));
    }
    match inputs.next() {
        None => Ok(()),
        Some(second) => Err(Error::new(
            second.span(),
            "a handler takes one parameter, the request",
        )),
    }
}
