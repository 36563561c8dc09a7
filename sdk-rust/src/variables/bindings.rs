//! The bindings of the interface `fermyon:spin/variables`, generated from the WIT, and its call.
//!
//! Their world is not that of the module `crate::bindings`, so that only a program that reads
//! variables imports the interface.

use self::fermyon::spin::variables;
use super::ErrorKind;

wit_bindgen::generate!({
    inline: "
        package spin-sdk:variables;
        world variables {
            import fermyon:spin/variables@2.0.0;
        }
    ",
    path: "wit/deps/fermyon-spin-2",
    generate_all,
});

/// Returns the value of a variable, or the kind of the error and the text of the host.
pub(super) fn get(name: &str) -> Result<String, (ErrorKind, String)> {
    variables::get(name).map_err(|error| match error {
        variables::Error::Undefined(detail) => (ErrorKind::Undefined, detail),
        variables::Error::InvalidName(detail) => (ErrorKind::InvalidName, detail),
        variables::Error::Provider(detail) => (ErrorKind::Provider, detail),
        variables::Error::Other(detail) => (ErrorKind::Other, detail),
    })
}
