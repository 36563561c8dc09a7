//! No `spin.toml` makes the reader panic, and the files of a valid one are within the manifest's folder.

#![no_main]

use std::sync::LazyLock;

use properties::manifest::Application;

static APPLICATION: LazyLock<Application> = LazyLock::new(Application::default);

libfuzzer_sys::fuzz_target!(|input: &[u8]| APPLICATION.check(input));
