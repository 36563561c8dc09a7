//! The allow-list of a component.

use harness_manifest::ManifestErrorKind;
use outbound_policy::{Decision, Target};

use crate::folder::{Folder, version_1, version_2};

#[test]
fn both_lists_add_up_and_variables_are_expanded() {
    let folder = Folder::with_manifest(&version_2(
        "allowed_outbound_hosts = [\"https://{{ api_host }}\"]\n\
         allowed_http_hosts = [\"b.test\"]\n\
         [variables]\n\
         api_host = { required = true }\n",
    ));
    let manifest = folder.manifest();
    let list = manifest.allow_list(&manifest.components[0]).unwrap();
    let wrong: Vec<_> = [
        ("https://api.test/", true),
        ("http://api.test/", false),
        ("http://b.test/", true),
        ("https://c.test/", false),
    ]
    .into_iter()
    .filter(|(uri, want)| {
        let target = Target::parse(uri, None).unwrap();
        matches!(list.evaluate(&target), Decision::Allow(_)) != *want
    })
    .collect();
    assert_eq!(wrong, []);
}

#[test]
fn every_invalid_entry_is_reported_with_its_line_and_key() {
    let folder = Folder::with_manifest(&version_2(
        "allowed_outbound_hosts = [\n\
         \"api.test\",\n\
         \"https://a.test\",\n\
         \"api.test\",\n\
         ]\n\
         allowed_http_hosts = [\"b.test/x\"]\n",
    ));
    let manifest = folder.manifest();
    let error = manifest.allow_list(&manifest.components[0]).unwrap_err();
    assert_eq!(error.kind(), ManifestErrorKind::InvalidValue);
    assert_eq!(error.line(), Some(10));
    let hint = "`api.test`: the scheme is missing; use `https://host`, `http://host`, or `*://host:port` for both";
    assert_eq!(
        folder.short(&error.to_string()),
        format!(
            "spin.toml:10: component.front.allowed_outbound_hosts[0]: {hint}\n\
             spin.toml:12: component.front.allowed_outbound_hosts[2]: {hint}\n\
             spin.toml:14: component.front.allowed_http_hosts[0]: `b.test/x`: remove the path; an entry permits a whole host"
        )
    );
}

#[test]
fn an_invalid_entry_of_version_1_is_reported_with_its_line_and_key() {
    let folder = Folder::with_manifest(&version_1("allowed_http_hosts = [\"*\"]\n"));
    let manifest = folder.manifest();
    let error = manifest.allow_list(&manifest.components[0]).unwrap_err();
    assert_eq!(
        (error.line(), error.key()),
        (Some(8), "component[0].allowed_http_hosts[0]")
    );
}
