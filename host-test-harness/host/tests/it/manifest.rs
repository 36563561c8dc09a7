//! Spin's manifests: what they say, and what is told of one that cannot be used.

mod components;
mod documents;
mod files;
mod reading;
mod triggers;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use spin_harness::manifest::{Manifest, ManifestError, ManifestErrorKind};

/// A folder with an application's files, which goes with its value.
struct Folder(PathBuf);

impl Folder {
    /// Has `front.wasm` and `back.wasm`.
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("spin-harness-manifest-{}-{number}", std::process::id());
        // Without symbolic links, so that the paths of messages are known.
        let temporary = std::env::temp_dir().canonicalize().unwrap();
        let folder = Self(temporary.join(name));
        for name in ["front.wasm", "back.wasm"] {
            folder.write(name, "");
        }
        folder
    }

    fn with_manifest(text: &str) -> Self {
        let folder = Self::new();
        folder.write("spin.toml", text);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn read(&self) -> Result<Manifest, ManifestError> {
        Manifest::read(&self.0, &environment)
    }

    /// What an error says, without the name of this folder.
    fn error(&self) -> (ManifestErrorKind, String) {
        let error = self.read().expect_err("an error");
        (error.kind(), self.short(&error.to_string()))
    }

    fn short(&self, message: &str) -> String {
        message
            .replace(&format!("{}/", self.0.display()), "")
            .replace(&self.0.display().to_string(), ".")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// One variable is set, whichever application has it.
fn environment(name: &str) -> Option<String> {
    (name == "SPIN_VARIABLE_API_HOST").then(|| "api.test".to_owned())
}

/// A manifest of version 2 that is right, with `more` at its end.
fn version_2(more: &str) -> String {
    format!(
        "spin_manifest_version = 2\n\
         [application]\n\
         name = \"shop\"\n\
         [[trigger.http]]\n\
         route = \"/...\"\n\
         component = \"front\"\n\
         [component.front]\n\
         source = \"front.wasm\"\n{more}"
    )
}

/// A manifest of version 1 that is right, with `more` at its end.
fn version_1(more: &str) -> String {
    format!(
        "spin_manifest_version = \"1\"\n\
         name = \"shop\"\n\
         trigger = {{ type = \"http\" }}\n\
         [[component]]\n\
         id = \"front\"\n\
         source = \"front.wasm\"\n\
         trigger = {{ route = \"/...\" }}\n{more}"
    )
}

/// `want` is the whole message.
#[track_caller]
fn check_error(text: &str, kind: ManifestErrorKind, want: &str) {
    let (got_kind, got) = Folder::with_manifest(text).error();
    assert_eq!(got, want, "{text}");
    assert_eq!(got_kind, kind, "{text}");
}
