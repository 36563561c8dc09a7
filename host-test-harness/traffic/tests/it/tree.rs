//! A request as text.

use std::sync::mpsc::channel;

use harness_traffic::tree::{TreeStyle, lines};
use harness_traffic::{Bounds, Traffic};

use crate::support::serve;

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_beneath_the_request_that_led_to_them() {
    let (sender, trees) = channel();
    let traffic = Traffic::ending(Bounds::default(), move |request| {
        drop(sender.send(lines(request, TreeStyle::Plain)));
    });
    let served = serve(traffic, "https://api.test").await;
    served
        .call(&[
            "http://back.spin.internal/call-self",
            "https://denied.test/\u{1b}[31m",
            "https://denied.test/x",
        ])
        .await;
    drop(served.application.get("/panic").await);
    let tree = trees.recv().unwrap();
    let starts = [
        "POST http://",
        "├─ GET http://back.spin.internal/call-self 200 in process: back ",
        "│  └─ GET http://self/call-self destination-not-allowed ",
        "│          a request to the application itself is denied",
        "├─ GET ",
        "└─ GET https://denied.test/x destination-not-allowed ",
    ];
    let mut rest = tree.lines();
    for start in starts {
        assert!(
            rest.any(|line| line.starts_with(start)),
            "no `{start}` in its place in\n{tree}"
        );
    }
    assert!(
        tree.contains("to permit it, add \"https://denied.test\""),
        "{tree}"
    );
    assert!(!tree.contains('\u{1b}'), "{tree}");
    let failed = trees.recv().unwrap();
    assert!(failed.contains("wire_probe::Component"), "{failed}");
    assert!(failed.contains("└─ stderr of front: "), "{failed}");
    assert!(failed.contains("the probe was told to panic"), "{failed}");
}
