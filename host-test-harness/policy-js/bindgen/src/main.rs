//! Writes `outbound_policy.js`, its types and `outbound_policy_bg.wasm` of a compiled module: `bindgen MODULE FOLDER`.
//!
//! It is the command `wasm-bindgen --target web`, without the test runner that makes up most of that
//! command, and with a version that the lock file keeps equal to that of the crate `wasm-bindgen`.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        eprintln!("usage: bindgen MODULE FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("outbound_policy")
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let result = bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
