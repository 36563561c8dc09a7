//! Embedded scenarios are read by a macro, which Cargo does not see.

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=build.rs");
}
