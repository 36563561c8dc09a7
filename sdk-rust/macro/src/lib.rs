//! The attribute `#[http_component]` of the crate `spin-http`.
//!
//! `spin-http` re-exports it, and has its documentation and its tests.

mod check;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, ReturnType};

/// Makes a function the component's handler of HTTP requests.
#[proc_macro_attribute]
pub fn http_component(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    match checked(arguments.into(), item.clone().into()) {
        Ok(function) => component(&function).into(),
        Err(error) => {
            // Keep the item, so that the compiler does not report it as missing or unused.
            let mut output = item;
            output.extend(proc_macro::TokenStream::from(error.into_compile_error()));
            output
        }
    }
}

fn checked(arguments: TokenStream, item: TokenStream) -> syn::Result<ItemFn> {
    check::no_arguments(arguments)?;
    let function = check::function(item)?;
    check::handler(&function)?;
    Ok(function)
}

/// Generates the unchanged function and the export that calls it.
///
/// The crate `spin-http` declares the export, because only it knows which interface it is.
///
/// The call has the span of the parameter and the conversion has the span of the result type, so
/// that the compiler points there if a type does not match.
fn component(function: &ItemFn) -> TokenStream {
    let name = &function.sig.ident;
    let parameter_span = function.sig.inputs.span();
    let result_span = match &function.sig.output {
        ReturnType::Default => name.span(),
        ReturnType::Type(_, result) => result.span(),
    };
    let receive =
        quote_spanned!(parameter_span=> ::spin_sdk::http::HandlerRequest::from_inbound(request));
    let call = quote_spanned!(parameter_span=> #name(request));
    let convert = quote_spanned!(result_span=> ::spin_sdk::__private::into_outbound(result));
    quote! {
        #function

        // A second handler in the module is an error that says this name.
        const A_COMPONENT_HAS_ONE_HANDLER: () = ();

        const _: () = {
            const _: () = A_COMPONENT_HAS_ONE_HANDLER;

            fn handler(
                request: ::spin_sdk::__private::Inbound,
            ) -> ::spin_sdk::__private::Outbound {
                let request = match #receive {
                    Ok(request) => request,
                    Err(response) => return *response,
                };
                let result = #call;
                #convert
            }

            ::spin_sdk::__private::export_handler!(handler);
        };
    }
}
