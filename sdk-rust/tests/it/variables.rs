//! Variables, natively.

use spin_sdk::testing::TestHost;
use spin_sdk::variables::{self, ErrorKind};

#[test]
fn test_host_has_the_variables_that_are_set() {
    let host = TestHost::start();
    host.set_variable("api_key2", "secret");
    host.set_variable("empty", "");
    assert_eq!(variables::get("api_key2").unwrap(), "secret");
    assert_eq!(variables::get("empty").unwrap(), "");
}

#[test]
fn errors_have_a_kind_and_name_the_variable() {
    let error = variables::get("token").unwrap_err();
    assert_eq!((error.kind(), error.name()), (ErrorKind::NoHost, "token"));
    let _host = TestHost::start();
    for (name, kind, problem) in [
        (
            "token",
            ErrorKind::Undefined,
            "the component has no such variable; declare it",
        ),
        ("", ErrorKind::InvalidName, "no variable can have this name"),
        (
            "Token",
            ErrorKind::InvalidName,
            "no variable can have this name",
        ),
        (
            "a__b",
            ErrorKind::InvalidName,
            "no variable can have this name",
        ),
        (
            "2a",
            ErrorKind::InvalidName,
            "no variable can have this name",
        ),
    ] {
        let error = variables::get(name).unwrap_err();
        assert_eq!((error.kind(), error.name()), (kind, name));
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("variable `{name}`: {problem}")),
            "{message}"
        );
    }
}
