//! The guests of published Spin SDKs, which speak `wasi:http`.

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use host_test_harness::{Component, Guest, HarnessBuilder};

use crate::guests::{allow, build, shared};

/// The crate spin-sdk 2.2: `wasi:http` 0.2.0-rc-2023-10-18.
pub(crate) static SPIN_SDK_2: Stock = Stock::new("spin-sdk-2");

/// The crate spin-sdk 5.2: `wasi:http` 0.2.0.
pub(crate) static SPIN_SDK_5: Stock = Stock::new("spin-sdk-5");

/// The crate spin-sdk 5.2, with calls by `fermyon:spin/http` beside its own.
pub(crate) static BOTH_IMPORTS: Stock = Stock::new("both-imports");

/// One of them.
pub(crate) struct Stock {
    name: &'static str,
    component: OnceLock<Component>,
}

impl Stock {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
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

    /// The core module that `cargo build` makes of it, as in a user's folder.
    pub(crate) fn path(&self) -> PathBuf {
        static MODULES: LazyLock<PathBuf> = LazyLock::new(|| build(&workspace(), "wasm32-wasip1"));
        MODULES.join(self.file_name())
    }

    /// The component that `cargo build` makes of it for the newer target.
    pub(crate) fn component_path(&self) -> PathBuf {
        static COMPONENTS: LazyLock<PathBuf> =
            LazyLock::new(|| build(&workspace(), "wasm32-wasip2"));
        COMPONENTS.join(self.file_name())
    }

    fn file_name(&self) -> String {
        format!("stock_{}.wasm", self.name.replace('-', "_"))
    }

    /// Its folder, with the manifest that a user of Spin has.
    pub(crate) fn folder(&self) -> PathBuf {
        workspace().join(self.name)
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("probes/stock")
}
