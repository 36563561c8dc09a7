//! Variables and key-value stores, through every interface that Spin has for them.

use spin_harness::{Guest, KeyValue};

use test_support::guests::{get, services_probe};
use test_support::published::Published;
use test_support::table::check_rows;

#[track_caller]
fn text(guest: &Guest, path: &str) -> String {
    let response = get(guest, path).unwrap();
    String::from_utf8(response.body().to_vec()).unwrap()
}

fn with_variables(guest: Guest) -> Guest {
    guest
        .variable("token", "old")
        .variable("token", "secret")
        .variable("api_host", "")
}

#[test]
fn a_variable_is_read_through_every_interface() {
    const ALL: &str = r#"all Ok([("api_host", ""), ("token", "secret")])"#;
    let guest = with_variables(services_probe());
    let rows = [
        (
            "token",
            r#"variables Ok("secret")
config Ok("secret")
wasi:config Ok(Some("secret"))"#,
        ),
        (
            "api_host",
            r#"variables Ok("")
config Ok("")
wasi:config Ok(Some(""))"#,
        ),
        (
            "none",
            r#"variables Err(Error::Undefined("the component has no variable `none`; it has api_host, token"))
config Err(Error::Other("the component has no variable `none`; it has api_host, token"))
wasi:config Ok(None)"#,
        ),
        (
            "API_HOST",
            r#"variables Err(Error::InvalidName("invalid variable name `API_HOST`: use lower case"))
config Err(Error::InvalidKey("invalid variable name `API_HOST`: use lower case"))
wasi:config Ok(None)"#,
        ),
    ];
    check_rows(rows, |(name, want)| {
        let got = text(&guest, &format!("/variables?{name}"));
        assert_eq!(got, format!("{want}\n{ALL}"));
    });
}

test_support::for_each_sdk! {
    a_guest_of_a_published_sdk_reads_its_variables
}

fn a_guest_of_a_published_sdk_reads_its_variables(published: &Published) {
    let guest = with_variables(published.guest(&[]));
    assert_eq!(text(&guest, "/variable?token"), r#"Ok("secret")"#);
    let got = text(&guest, "/variable?none");
    assert!(got.contains("Undefined("), "{got}");
}

#[test]
fn a_key_value_store_is_used_through_every_interface() {
    let stores = KeyValue::default();
    stores.set("other", "a", "1").unwrap();
    let guest = services_probe().key_value(&stores, ["default"]);
    let want = "\
1 set Ok(())
1 get Ok([49])
1 exists Ok(true)
1 get none Err(Error::NoSuchKey)
1 delete Ok(())
1 delete again Ok(())
1 exists Ok(false)
1 keys Ok([])
1 closed Err(Error::InvalidStore)
2 set Ok(())
2 get Ok(Some([50]))
2 get none Ok(None)
2 exists Ok(true)
2 keys Ok([\"two\"])
2 delete Ok(())
2 keys Ok([])
2 fill Ok(())
2 fill Err(Error::Other(\"the key-value stores are full: all keys and values together may have 134217728 bytes, with 128 more for each key\"))
2 empty Ok(())
2 empty Ok(())
wasi set Ok(())
wasi get Ok(Some([51]))
wasi exists Ok(false)
wasi set many Ok(())
wasi get many Ok([(\"four\", Some([52])), (\"none\", None)])
wasi list Ok(KeyResponse { keys: [\"four\", \"three\"], cursor: None })
wasi cursor Err(Error::Other(\"unknown cursor `x`; `list-keys` returned all keys\"))
wasi delete many Ok(())
wasi increment Ok(2)
wasi increment Ok(-3)
wasi not a number Err(Error::Other(\"the value of `three` has 1 bytes; a number has 8\"))
wasi bytes Ok(Some([253, 255, 255, 255, 255, 255, 255, 255]))
wasi current Ok(Some([51]))
wasi swap true
wasi changed to Ok(Some([51, 51]))
wasi swap true
wasi delete Ok(())
wasi delete Ok(())";
    assert_eq!(text(&guest, "/key-value?default"), want);
    assert_eq!(stores.keys("default"), Vec::<String>::new());
    assert_eq!(stores.get("other", "a").as_deref(), Some(&b"1"[..]));
}

#[test]
fn a_store_that_the_guest_may_not_open_is_denied() {
    let stores = KeyValue::default();
    stores.set("secrets", "a", "1").unwrap();
    let want = "\
1 open Error::AccessDenied
2 open Error::AccessDenied
wasi open Error::AccessDenied";
    check_rows(
        [
            services_probe(),
            services_probe().key_value(&stores, ["default"]),
        ],
        |guest| assert_eq!(text(guest, "/key-value?secrets"), want),
    );
}

#[test]
fn a_guest_that_opens_stores_without_end_gets_an_error() {
    let guest = services_probe().key_value(&KeyValue::default(), ["default"]);
    let got = text(&guest, "/open-many?default");
    assert_eq!(got, "Error::StoreTableFull after true");
}

#[test]
fn the_values_of_a_guest_are_those_of_the_embedder_and_of_other_guests() {
    let stores = KeyValue::default();
    let guest = services_probe().key_value(&stores, ["default"]);
    stores.set("default", "one", "0").unwrap();
    assert!(text(&guest, "/key-value?default").contains("1 keys Ok([])"));
    stores.set("default", "kept", "1").unwrap();
    let other = guest.clone();
    assert!(text(&other, "/key-value?default").contains(r#"1 keys Ok(["kept"])"#));
}
