//! Embedded scenarios are read by a macro, which Cargo does not see.

fn main() {
    println!("cargo::rerun-if-changed=../conformance/scenarios");
    println!("cargo::rerun-if-changed=build.rs");
}
