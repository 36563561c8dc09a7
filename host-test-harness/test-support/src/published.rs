//! The guests of published Spin SDKs, which use `wasi:http`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use spin_harness::{Component, Guest, HarnessBuilder};

use crate::guests::{allow, build, shared};

/// The crate spin-sdk 5.2: `wasi:http` 0.2.0.
pub static SPIN_SDK_5: Published = Published::new("spin-sdk-5", "wasm32-wasip1");

/// The crate spin-sdk 7.0: `wasi:http` 0.3.0.
pub static SPIN_SDK_7: Published = Published::new("spin-sdk-7", "wasm32-wasip2");

/// The crate spin-sdk 5.2 together with this project's crate, which calls `fermyon:spin/http`.
pub static BOTH_IMPORTS: Published = Published::new("both-imports", "wasm32-wasip1");

/// A gRPC client and a gRPC service of the crates spin-sdk 7.0 and tonic.
pub static GRPC: Published = Published::new("grpc", "wasm32-wasip2");

/// A guest of a published SDK.
pub struct Published {
    name: &'static str,
    /// The target for which its SDK's documentation builds guests.
    target: &'static str,
    component: OnceLock<Component>,
}

impl Published {
    const fn new(name: &'static str, target: &'static str) -> Self {
        Self {
            name,
            target,
            component: OnceLock::new(),
        }
    }

    /// The guest, which may call `allowed` only.
    pub fn guest(&self, allowed: &[&str]) -> Guest {
        let load = || shared().load_file(self.path()).expect("the guest loads");
        let component = self.component.get_or_init(load);
        component.guest("published").allow_list(allow(allowed))
    }

    /// [`Published::guest`] in a new harness.
    pub fn guest_in(&self, builder: HarnessBuilder, allowed: &[&str]) -> Guest {
        let harness = builder.build().expect("the harness starts");
        let component = harness.load_file(self.path());
        let guest = component.expect("the guest loads").guest("published");
        guest.allow_list(allow(allowed))
    }

    /// The path of the output of `cargo build`, a core module or a component as for the SDK's users.
    pub fn path(&self) -> PathBuf {
        self.path_for(self.target)
    }

    /// The path of the component that `cargo build` makes for wasm32-wasip2.
    pub fn component_path(&self) -> PathBuf {
        self.path_for("wasm32-wasip2")
    }

    fn path_for(&self, target: &'static str) -> PathBuf {
        static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
        let mut built = BUILT.lock().unwrap();
        let folder = built
            .entry(target)
            .or_insert_with(|| build(&workspace(), target));
        folder.join(format!("published_{}.wasm", self.name.replace('-', "_")))
    }

    /// The guest's folder, which has a `spin.toml` as Spin users write it.
    pub fn folder(&self) -> PathBuf {
        workspace().join(self.name)
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../probes/published")
}

/// Turns each function into one test per SDK, which passes the SDK's guest to it.
#[macro_export]
macro_rules! for_each_sdk {
    ($($test:ident)*) => {
        mod spin_sdk_5 {
            $(#[test] fn $test() { super::$test(&$crate::published::SPIN_SDK_5); })*
        }
        mod spin_sdk_7 {
            $(#[test] fn $test() { super::$test(&$crate::published::SPIN_SDK_7); })*
        }
    };
}
