//! The export of a component, which `#[http_component]` declares with a macro of this module.

/// Exports `$handler` as `fermyon:spin/inbound-http`.
///
/// Native linkers reject the name of the export, so a native build type-checks the same code and
/// exports nothing.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_handler {
    ($handler:path) => {
        struct Component;

        impl $crate::__private::Guest for Component {
            fn handle_request(
                request: $crate::__private::Request,
            ) -> $crate::__private::Response {
                $crate::__private::handle(request, $handler)
            }
        }

        #[cfg(target_family = "wasm")]
        $crate::__private::export!(Component with_types_in $crate::__private);

        #[cfg(not(target_family = "wasm"))]
        const _: fn($crate::__private::Request) -> $crate::__private::Response =
            <Component as $crate::__private::Guest>::handle_request;
    };
}

/// Exports `$handler` as `wasi:http/incoming-handler`.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_handler {
    ($handler:path) => {
        struct Component;

        impl $crate::__private::Guest for Component {
            fn handle(
                request: $crate::__private::IncomingRequest,
                response_out: $crate::__private::ResponseOutparam,
            ) {
                $crate::__private::handle(request, response_out, $handler);
            }
        }

        $crate::__private::export!(Component with_types_in $crate::__private);
    };
}
