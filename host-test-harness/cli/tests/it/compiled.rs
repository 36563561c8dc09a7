//! The cache of compiled components and functions: what is missing or damaged is compiled again.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::guests::probe_path;

/// Sends the wire probe a request, with `cache` as the user's cache folder.
fn request(cache: &Path) -> Ran {
    request_to(&probe_path("wire_probe"), cache)
}

fn request_to(component: &Path, cache: &Path) -> Ran {
    ran(spin_harness()
        .env("XDG_CACHE_HOME", cache)
        .arg("request")
        .arg(component)
        .arg("/echo"))
}

/// The wire probe with an empty custom section of one name: another component with the same functions.
fn other_build(folder: &Path, name: u8) -> PathBuf {
    let mut bytes = fs::read(probe_path("wire_probe")).expect("the probe is built");
    bytes.extend([0, 2, 1, name]);
    let path = folder.join(format!("{}.wasm", char::from(name)));
    fs::write(&path, bytes).expect("it can be written");
    path
}

#[track_caller]
fn assert_responds(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Method::Get /echo"), "{}", ran.stdout);
}

/// The files in the cache with an extension.
fn files(cache: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache.join("spin-harness")).expect("the folder exists");
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension() == Some(OsStr::new(extension)))
        .collect()
}

/// The only compiled component in the cache.
#[track_caller]
fn cached(cache: &Path) -> PathBuf {
    let files = files(cache, "cwasm");
    let [file] = files.as_slice() else {
        panic!("got {files:?}, want one file");
    };
    file.clone()
}

#[test]
fn a_component_is_compiled_once() {
    let cache = tempfile::tempdir().expect("a folder");
    assert_responds(&request(cache.path()));
    let file = cached(cache.path());
    let code = fs::read(&file).expect("it can be read");
    // A file that replaces this one would not be read-only.
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(24);
    let handle = fs::File::open(&file).expect("it opens");
    handle.set_modified(yesterday).expect("a time");
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).expect("permissions");

    assert_responds(&request(cache.path()));
    let metadata = fs::metadata(cached(cache.path())).expect("it exists");
    assert!(metadata.permissions().readonly(), "it was written again");
    assert!(
        metadata.modified().unwrap() > yesterday,
        "the time of its use is recorded"
    );
    assert_eq!(fs::read(&file).expect("it can be read"), code);
}

#[cfg(unix)]
#[test]
fn other_users_cannot_access_the_cache() {
    use std::os::unix::fs::PermissionsExt as _;

    let cache = tempfile::tempdir().expect("a folder");
    assert_responds(&request(cache.path()));
    let file = cached(cache.path());
    for path in [file.parent().expect("a folder"), &file] {
        let mode = fs::metadata(path).expect("it exists").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[test]
fn a_damaged_file_is_replaced() {
    let cache = tempfile::tempdir().expect("a folder");
    assert_responds(&request(cache.path()));
    let file = cached(cache.path());
    let code = fs::read(&file).expect("it can be read");
    let half = &code[..code.len() / 2];
    for damaged in [&b""[..], b"\0asm", &[b'x'; 4096], half] {
        fs::write(&file, damaged).expect("it can be written");
        let ran = request(cache.path());
        assert_responds(&ran);
        assert!(ran.stderr.contains("compiled again"), "{}", ran.stderr);
        assert_eq!(fs::read(cached(cache.path())).unwrap().len(), code.len());
    }
}

#[test]
fn a_function_that_two_components_have_is_compiled_once() {
    let cache = tempfile::tempdir().expect("a folder");
    assert_responds(&request(cache.path()));
    let before = files(cache.path(), "functions");
    assert_eq!(before.len(), 1, "{before:?}");
    assert_responds(&request_to(&other_build(cache.path(), b'a'), cache.path()));
    assert_eq!(files(cache.path(), "cwasm").len(), 2);
    assert_eq!(files(cache.path(), "functions"), before);
}

#[test]
fn functions_of_a_damaged_file_are_compiled_again() {
    let cache = tempfile::tempdir().expect("a folder");
    assert_responds(&request(cache.path()));
    let [file] = files(cache.path(), "functions").try_into().unwrap();
    let whole = fs::read(&file).expect("it can be read");
    let damaged: [&[u8]; 4] = [b"", b"x", &[0xff; 4096], &whole[..whole.len() / 2]];
    for (name, bytes) in (b'a'..).zip(damaged) {
        fs::write(&file, bytes).expect("it can be written");
        assert_responds(&request_to(&other_build(cache.path(), name), cache.path()));
        let added: Vec<_> = files(cache.path(), "functions")
            .into_iter()
            .filter(|path| *path != file)
            .collect();
        assert!(
            !added.is_empty(),
            "{} bytes: nothing was compiled",
            bytes.len()
        );
        for path in added {
            fs::remove_file(path).expect("it can be removed");
        }
    }
}

#[test]
fn components_run_without_a_writable_cache_folder() {
    let no_folder = tempfile::NamedTempFile::new().expect("a file");
    let ran = request(no_folder.path());
    assert_responds(&ran);
    for text in [
        "the compiled component cannot be saved",
        &*no_folder.path().to_string_lossy(),
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}
