//! The guests of published Spin SDKs, which speak `wasi:http`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use host_test_harness::{Component, Guest, HarnessBuilder};

use crate::guests::{allow, build, shared};

/// The crate spin-sdk 5.2: `wasi:http` 0.2.0.
pub(crate) static SPIN_SDK_5: Stock = Stock::new("spin-sdk-5", "wasm32-wasip1", false);

/// The crate spin-sdk 7.0: `wasi:http` 0.3.0.
pub(crate) static SPIN_SDK_7: Stock = Stock::new("spin-sdk-7", "wasm32-wasip2", true);

/// One of them.
pub(crate) struct Stock {
    name: &'static str,
    /// For which its SDK is built.
    target: &'static str,
    /// Whether its `wasi:http` tells the error-code of what goes wrong in a body.
    tells_body_errors: bool,
    component: OnceLock<Component>,
}

impl Stock {
    const fn new(name: &'static str, target: &'static str, tells_body_errors: bool) -> Self {
        Self {
            name,
            target,
            tells_body_errors,
            component: OnceLock::new(),
        }
    }

    /// The guest, which permits `allowed` and nothing else.
    pub(crate) fn guest(&self, allowed: &[&str]) -> Guest {
        let load = || shared().load_file(self.path()).expect("the guest loads");
        let component = self.component.get_or_init(load);
        component.guest("stock").allow_list(allow(allowed))
    }

    /// [`Stock::guest`] in a harness of its own.
    pub(crate) fn guest_in(&self, builder: HarnessBuilder, allowed: &[&str]) -> Guest {
        let harness = builder.build().expect("the harness starts");
        let component = harness.load_file(self.path());
        let guest = component.expect("the guest loads").guest("stock");
        guest.allow_list(allow(allowed))
    }

    /// What `cargo build` makes of it, as in a user's folder: a core module or a component.
    pub(crate) fn path(&self) -> PathBuf {
        static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
        let mut built = BUILT.lock().unwrap();
        let folder = built
            .entry(self.target)
            .or_insert_with(|| build(&workspace(), self.target));
        folder.join(format!("stock_{}.wasm", self.name.replace('-', "_")))
    }

    /// What the guest makes of `code` in a response's body.
    pub(crate) fn body_error(&self, code: &'static str) -> &'static str {
        if self.tells_body_errors {
            code
        } else {
            "response"
        }
    }

    /// Its folder, with the manifest that a user of Spin has.
    pub(crate) fn folder(&self) -> PathBuf {
        workspace().join(self.name)
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("probes/stock")
}
