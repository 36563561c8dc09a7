//! The authorities that name the guest's own application.

use outbound_policy::{OWN_APPLICATION, Origin, Target, names_own_application};

const NAMES: [&str; 7] = ["", ":", ":8080", "self", "SELF", "self.alt", "Self.Alt"];

const OTHERS: [&str; 9] = [
    "self:80",
    "self:8080",
    "self.alt:8080",
    "self.test",
    "notself",
    "user@self",
    "stock.spin.internal",
    "api.test",
    "127.0.0.1",
];

#[test]
fn only_self_self_alt_and_a_missing_host_name_the_own_application() {
    let wrong: Vec<_> = (NAMES.iter().filter(|name| !names_own_application(name)))
        .chain(OTHERS.iter().filter(|other| names_own_application(other)))
        .collect();
    assert_eq!(wrong, [&""; 0]);
}

#[test]
fn the_name_of_the_own_application_makes_a_self_request() {
    let self_origin = Origin::parse("http://127.0.0.1:3000").unwrap();
    let target = Target::parse(&format!("http://{OWN_APPLICATION}/x"), Some(&self_origin)).unwrap();
    assert!(target.is_self());
    assert_eq!(target.url().as_str(), "http://127.0.0.1:3000/x");
}
