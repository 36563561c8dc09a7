//! The files that a component may read.

use std::path::PathBuf;

#[cfg(unix)]
use harness_manifest::ManifestErrorKind;

use crate::folder::Folder;

#[test]
fn files_have_the_same_destinations_as_in_spin() {
    let mut wrong = Vec::new();
    for (keys, want) in [
        ("files = []", vec![]),
        (
            "files = [\"assets/a.txt\"]",
            vec!["/assets/a.txt = assets/a.txt"],
        ),
        (
            "files = [\"assets/*.txt\", \"other/*\"]",
            vec!["/assets/a.txt = assets/a.txt", "/other/a.txt = other/a.txt"],
        ),
        (
            "files = [\"./assets/**/*\"]",
            vec![
                "/assets/a.txt = assets/a.txt",
                "/assets/b.png = assets/b.png",
                "/assets/deep/.hidden = assets/deep/.hidden",
                "/assets/deep/c.txt = assets/deep/c.txt",
            ],
        ),
        (
            "files = [\"assets/**/*\"]\nexclude_files = [\"assets/*.png\", \"**/.hidden\"]",
            vec![
                "/assets/a.txt = assets/a.txt",
                "/assets/deep/c.txt = assets/deep/c.txt",
            ],
        ),
        (
            "files = [{ source = \"assets/deep\", destination = \"/x/./y/\" }]",
            vec![
                "/x/y/.hidden = assets/deep/.hidden",
                "/x/y/c.txt = assets/deep/c.txt",
            ],
        ),
        (
            "files = [{ source = \"other\", destination = \"/\" }, \"other/*\"]",
            vec!["/a.txt = other/a.txt", "/other/a.txt = other/a.txt"],
        ),
        (
            "files = [{ source = \"other/a.txt\", destination = \"b\" }, \"other/a.txt\", \"other/a.*\"]",
            vec!["/b = other/a.txt", "/other/a.txt = other/a.txt"],
        ),
        (
            "files = [\"[odd]/d.txt\"]",
            vec!["/[odd]/d.txt = [odd]/d.txt"],
        ),
        (
            "files = [{ source = \"[odd]\", destination = \"/odd\" }]",
            vec!["/odd/d.txt = [odd]/d.txt"],
        ),
        (
            "files = [\"other\"]",
            vec!["/other/other/a.txt = other/a.txt"],
        ),
    ] {
        let folder = Folder::with_files(&format!("{keys}\n"));
        let manifest = folder.manifest();
        let got: Vec<String> = manifest.components[0]
            .files
            .iter()
            .map(|mount| {
                let source = mount.source.strip_prefix(folder.root()).unwrap();
                let source: PathBuf = source.components().collect();
                format!("{} = {}", mount.destination, source.display())
            })
            .collect();
        if got != want {
            wrong.push((keys, got, want));
        }
    }
    assert_eq!(wrong, [], "(keys, got, want)");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_must_stay_within_the_folder() {
    let outside = Folder::new();
    let keys = "files = [\"links/*\"]\n";
    let folder = Folder::with_files(keys);
    folder.write("links/plain.txt", "");
    std::os::unix::fs::symlink("../assets/a.txt", folder.path("links/inside.txt")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("links/broken.txt")).unwrap();
    let files = folder.manifest().components[0].files.clone();
    let destinations: Vec<&str> = files
        .iter()
        .map(|mount| mount.destination.as_str())
        .collect();
    assert_eq!(destinations, ["/links/inside.txt", "/links/plain.txt"]);
    std::os::unix::fs::symlink(
        outside.path("front.wasm"),
        folder.path("links/outside.wasm"),
    )
    .unwrap();
    let (kind, message) = folder.error();
    assert_eq!(kind, ManifestErrorKind::OutsideFolder);
    assert_eq!(
        message,
        format!(
            "spin.toml:9: component.front.files[0]: `links/outside.wasm` is a link to `{}`, \
             outside of the manifest's folder; copy the file into the folder",
            outside.path("front.wasm").display()
        )
    );
    let other = Folder::with_files("files = [{ source = \"link\", destination = \"/\" }]\n");
    std::os::unix::fs::symlink(outside.root(), other.path("link")).unwrap();
    assert_eq!(other.error().0, ManifestErrorKind::OutsideFolder);
}
