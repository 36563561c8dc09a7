//! What is compiled is kept, and what is kept is never trusted to be there or to be whole.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::guests::probe_path;

/// A request to the wire probe, by a command whose cache folder this is.
fn request(cache: &Path) -> Ran {
    ran(spin_harness()
        .env("XDG_CACHE_HOME", cache)
        .arg("request")
        .arg(probe_path("wire_probe"))
        .arg("/echo"))
}

#[track_caller]
fn assert_answers(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Method::Get /echo"), "{}", ran.stdout);
}

/// The one file of compiled code.
#[track_caller]
fn kept(cache: &Path) -> PathBuf {
    let entries = fs::read_dir(cache.join("spin-harness")).expect("the folder is there");
    let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else {
        panic!("got {files:?}, want one file");
    };
    file.clone()
}

#[test]
fn a_component_is_compiled_once() {
    let cache = tempfile::tempdir().expect("a folder");
    assert_answers(&request(cache.path()));
    let file = kept(cache.path());
    let code = fs::read(&file).expect("it can be read");
    // One that took its place could be written.
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(24);
    let handle = fs::File::open(&file).expect("it opens");
    handle.set_modified(yesterday).expect("a time");
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).expect("permissions");

    assert_answers(&request(cache.path()));
    let metadata = fs::metadata(kept(cache.path())).expect("it is there");
    assert!(metadata.permissions().readonly(), "it was written again");
    assert!(metadata.modified().unwrap() > yesterday, "its use is noted");
    assert_eq!(fs::read(&file).expect("it can be read"), code);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_put_compiled_code_where_it_is_looked_for() {
    use std::os::unix::fs::PermissionsExt as _;

    let cache = tempfile::tempdir().expect("a folder");
    assert_answers(&request(cache.path()));
    let file = kept(cache.path());
    for path in [file.parent().expect("a folder"), &file] {
        let mode = fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[test]
fn a_file_that_is_damaged_is_replaced() {
    let cache = tempfile::tempdir().expect("a folder");
    assert_answers(&request(cache.path()));
    let file = kept(cache.path());
    let code = fs::read(&file).expect("it can be read");
    let half = &code[..code.len() / 2];
    for damaged in [&b""[..], b"\0asm", &[b'x'; 4096], half] {
        fs::write(&file, damaged).expect("it can be written");
        let ran = request(cache.path());
        assert_answers(&ran);
        assert!(ran.stderr.contains("compiled again"), "{}", ran.stderr);
        assert_eq!(fs::read(kept(cache.path())).unwrap().len(), code.len());
    }
}

#[test]
fn without_a_folder_that_can_be_written_components_run_all_the_same() {
    let no_folder = tempfile::NamedTempFile::new().expect("a file");
    let ran = request(no_folder.path());
    assert_answers(&ran);
    for text in ["cannot be kept", &*no_folder.path().to_string_lossy()] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}
