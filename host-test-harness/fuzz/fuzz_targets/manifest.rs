//! No `spin.toml` makes the reader panic, and what it accepts stays within the manifest's folder.

#![no_main]

#[path = "../../host/tests/it/property/manifest.rs"]
mod manifest;

use std::sync::LazyLock;

static APPLICATION: LazyLock<manifest::Application> = LazyLock::new(manifest::Application::new);

libfuzzer_sys::fuzz_target!(|input: &[u8]| APPLICATION.check(input));
