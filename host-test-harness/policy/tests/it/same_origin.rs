//! What is judged is what is dialled: whatever a guest writes, all views of an accepted target name one origin.

use outbound_policy::{Origin, Target};
use url::Position;

const SELF_ORIGIN: &str = "http://127.0.0.1:3000";

/// Pieces that parsers are known to disagree on, or that move the end of the authority.
const PIECES: [&str; 26] = [
    "",
    "/",
    "//",
    "\\",
    "@",
    ":",
    ":80",
    ":443",
    ":0",
    "#",
    "?",
    ".",
    "..",
    "%2f",
    "%40",
    "\t",
    "\n",
    "\0",
    " ",
    "self",
    "a.test",
    "[::1]",
    "0x7f.1",
    "user:pass@",
    "é",
    "／",
];

/// Every URI of the form `start piece piece piece`.
fn tricky_uris() -> impl Iterator<Item = String> {
    [
        "http:",
        "https://",
        "http://self",
        "http://a.test",
        "/",
        "ftp://",
    ]
    .into_iter()
    .flat_map(|start| {
        PIECES.iter().flat_map(move |first| {
            PIECES.iter().flat_map(move |second| {
                PIECES
                    .iter()
                    .map(move |third| format!("{start}{first}{second}{third}"))
            })
        })
    })
}

#[test]
fn all_views_of_a_target_name_one_origin() {
    let self_origin = Origin::parse(SELF_ORIGIN).unwrap();
    let mut n_accepted = 0;
    for uri in tricky_uris() {
        let Ok(target) = Target::parse(&uri, Some(&self_origin)) else {
            continue;
        };
        n_accepted += 1;
        check(&uri, &target);
        assert!(
            !target.is_self() || target.origin() == Some(&self_origin),
            "input {uri:?}, got {target:?}"
        );
        for hop in PIECES.iter().filter_map(|piece| target.join(piece).ok()) {
            check(&uri, &hop);
            let stays = target.is_self() && hop.origin() == target.origin();
            assert_eq!(hop.is_self(), stays, "input {uri:?}, hop {hop:?}");
        }
    }
    assert!(
        n_accepted > 1_000,
        "got {n_accepted} accepted URIs: the test has lost its force"
    );
}

#[track_caller]
fn check(input: &str, target: &Target) {
    let url = target.url();
    assert_eq!(
        (url.username(), url.password(), url.fragment()),
        ("", None, None),
        "input {input:?}"
    );
    assert_eq!(target.uri().to_string(), url.as_str(), "input {input:?}");
    assert_eq!(target.uri().host(), url.host_str(), "input {input:?}");
    assert_eq!(target.uri().port_u16(), url.port(), "input {input:?}");
    let origin_of_url = Origin::parse(&url[..Position::BeforePath]).ok();
    assert_eq!(target.origin(), origin_of_url.as_ref(), "input {input:?}");
}
