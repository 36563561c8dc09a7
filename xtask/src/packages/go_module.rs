//! The Go module, as the files of a module proxy.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{VERSION, copy_documents, copy_known_files};
use crate::root;
use crate::step::{Failure, Step};

/// Makes the folder `go`, which `GOPROXY=file://…/go` names.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    // The module of a repository has the licence of its root, too.
    let module = tempfile::tempdir()?;
    copy_known_files(&root().join("sdk-go-shim"), module.path())?;
    copy_documents(module.path())?;
    let proxy = folder.join("go");
    fs::create_dir_all(&proxy)?;
    let mut zip = Command::new("go");
    zip.args(["run", "./modzip"])
        .arg(module.path())
        .arg(format!("v{VERSION}"))
        .arg(&proxy)
        .current_dir(root().join("xtask/go-tools"));
    Step::new("zip the Go module").run(zip)
}
