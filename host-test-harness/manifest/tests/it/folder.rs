//! Applications in temporary folders.

use std::path::{Path, PathBuf};

use harness_manifest::{Manifest, ManifestError, ManifestErrorKind};
use tempfile::TempDir;

/// The folder of an application.
pub(crate) struct Folder {
    path: PathBuf,
    _folder: TempDir,
}

impl Folder {
    /// A folder with `front.wasm` and `back.wasm`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Messages show paths without symbolic links.
        let path = folder.path().canonicalize().unwrap();
        let folder = Self {
            path,
            _folder: folder,
        };
        for name in ["front.wasm", "back.wasm"] {
            folder.write(name, "");
        }
        folder
    }

    pub(crate) fn with_manifest(text: &str) -> Self {
        let folder = Self::new();
        folder.write("spin.toml", text);
        folder
    }

    /// A folder with files to mount. The component `front` has the keys `keys`.
    pub(crate) fn with_files(keys: &str) -> Self {
        let folder = Self::with_manifest(&version_2(keys));
        for name in [
            "assets/a.txt",
            "assets/b.png",
            "assets/deep/c.txt",
            "assets/deep/.hidden",
            "other/a.txt",
            "[odd]/d.txt",
        ] {
            folder.write(name, name);
        }
        folder
    }

    pub(crate) fn root(&self) -> &Path {
        &self.path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self) -> Result<Manifest, ManifestError> {
        Manifest::read_with(&self.path, &environment)
    }

    #[track_caller]
    pub(crate) fn manifest(&self) -> Manifest {
        self.read().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The kind and the message of the error of the manifest or of its files, without the path of this folder.
    #[track_caller]
    pub(crate) fn error(&self) -> (ManifestErrorKind, String) {
        let read = self.read().and_then(|manifest| {
            let files = manifest.component_files(&manifest.components);
            files.map(drop)
        });
        let error = read.expect_err("an error");
        (error.kind(), self.short(&error.to_string()))
    }

    /// Removes the path of this folder from a message.
    pub(crate) fn short(&self, message: &str) -> String {
        message
            .replace(&format!("{}/", self.path.display()), "")
            .replace(&self.path.display().to_string(), ".")
    }
}

/// An environment in which one variable is set.
pub(crate) fn environment(name: &str) -> Option<String> {
    (name == "SPIN_VARIABLE_API_HOST").then(|| "api.test".to_owned())
}

/// A valid manifest of version 2, followed by `more`. The table of the component `front` is still open.
pub(crate) fn version_2(more: &str) -> String {
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

/// A valid manifest of version 1, followed by `more`. The table of the component `front` is still open.
pub(crate) fn version_1(more: &str) -> String {
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
