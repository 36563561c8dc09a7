//! Reads variables and uses key-value stores through every interface that Spin has for them.
//!
//! `/variables?NAME` and `/key-value?LABEL` respond with one line for each call, `/open-many?LABEL` with the error of the
//! last of many, and `/visit?URL` with the number of its visits, which the store `default` has.

use bindings::fermyon::spin::{config, key_value as spin_1};
use bindings::fermyon::spin2_0_0::{key_value as spin_2, variables};
use bindings::wasi::config::store as wasi_config;
use bindings::wasi::keyvalue::{atomics, batch, store};
use spin_sdk::http::Request;
use spin_sdk::http_component;
use spin_sdk::outbound_http::send_request;

mod bindings {
    wit_bindgen::generate!({
        path: [
            "../../../wit/deps/fermyon-spin",
            "../../../wit/deps/fermyon-spin-2",
            "../../../wit/deps/wasi-config",
            "../../../wit/deps/wasi-keyvalue",
            "../../../wit/services",
        ],
        world: "spin-harness:services/services",
        generate_all,
    });
}

#[http_component]
fn handle(request: Request) -> String {
    let query = request.uri().query().unwrap_or_default();
    match request.uri().path() {
        "/variables" => read_variables(query),
        "/key-value" => use_key_value(query),
        "/open-many" => open_many(query),
        "/visit" => visit(query),
        path => format!("unknown path {path}"),
    }
}

/// Counts the visit, and calls `url` without a look at what comes of it.
fn visit(url: &str) -> String {
    let store = spin_2::Store::open("default").expect("the guest may open it");
    let before = store.get("visits").expect("the store is readable");
    let n_visits = before.unwrap_or_default().len() + 1;
    let visits = vec![b'x'; n_visits];
    store.set("visits", &visits).expect("the store has space");
    let request = Request::get(url).body(None).expect("a URL");
    drop(send_request(request));
    format!("visit {n_visits}")
}

fn read_variables(name: &str) -> String {
    [
        format!("variables {:?}", variables::get(name)),
        format!("config {:?}", config::get_config(name)),
        format!("wasi:config {:?}", wasi_config::get(name)),
        format!("all {:?}", wasi_config::get_all()),
    ]
    .join("\n")
}

fn use_key_value(label: &str) -> String {
    let mut lines = Vec::new();
    let mut line = |text: String| lines.push(text);
    match spin_1::open(label) {
        Err(error) => line(format!("1 open {error:?}")),
        Ok(store) => {
            line(format!("1 set {:?}", spin_1::set(store, "one", b"1")));
            line(format!("1 get {:?}", spin_1::get(store, "one")));
            line(format!("1 exists {:?}", spin_1::exists(store, "one")));
            line(format!("1 get none {:?}", spin_1::get(store, "none")));
            line(format!("1 delete {:?}", spin_1::delete(store, "one")));
            line(format!("1 delete again {:?}", spin_1::delete(store, "one")));
            line(format!("1 exists {:?}", spin_1::exists(store, "one")));
            line(format!("1 keys {:?}", spin_1::get_keys(store)));
            spin_1::close(store);
            spin_1::close(store);
            line(format!("1 closed {:?}", spin_1::get(store, "one")));
        }
    }
    match spin_2::Store::open(label) {
        Err(error) => line(format!("2 open {error:?}")),
        Ok(store) => {
            line(format!("2 set {:?}", store.set("two", b"2")));
            line(format!("2 get {:?}", store.get("two")));
            line(format!("2 get none {:?}", store.get("none")));
            line(format!("2 exists {:?}", store.exists("two")));
            line(format!("2 keys {:?}", store.get_keys()));
            line(format!("2 delete {:?}", store.delete("two")));
            line(format!("2 keys {:?}", store.get_keys()));
            let large = vec![0; 64 << 20];
            line(format!("2 fill {:?}", store.set("a", &large)));
            line(format!("2 fill {:?}", store.set("b", &large)));
            line(format!("2 empty {:?}", store.delete("a")));
            line(format!("2 empty {:?}", store.delete("b")));
        }
    }
    match store::open(label) {
        Err(error) => line(format!("wasi open {error:?}")),
        Ok(bucket) => {
            line(format!("wasi set {:?}", bucket.set("three", b"3")));
            line(format!("wasi get {:?}", bucket.get("three")));
            line(format!("wasi exists {:?}", bucket.exists("none")));
            let many = [("four".to_owned(), b"4".to_vec())];
            line(format!(
                "wasi set many {:?}",
                batch::set_many(&bucket, &many)
            ));
            let keys = ["four".to_owned(), "none".to_owned()];
            line(format!(
                "wasi get many {:?}",
                batch::get_many(&bucket, &keys)
            ));
            line(format!("wasi list {:?}", bucket.list_keys(None)));
            line(format!("wasi cursor {:?}", bucket.list_keys(Some("x"))));
            line(format!(
                "wasi delete many {:?}",
                batch::delete_many(&bucket, &keys)
            ));
            line(format!(
                "wasi increment {:?}",
                atomics::increment(&bucket, "n", 2)
            ));
            line(format!(
                "wasi increment {:?}",
                atomics::increment(&bucket, "n", -5)
            ));
            line(format!(
                "wasi not a number {:?}",
                atomics::increment(&bucket, "three", 1)
            ));
            line(format!("wasi bytes {:?}", bucket.get("n")));
            lines.extend(swap(&bucket));
            lines.push(format!("wasi delete {:?}", bucket.delete("n")));
            lines.push(format!("wasi delete {:?}", bucket.delete("three")));
        }
    }
    lines.join("\n")
}

fn open_many(label: &str) -> String {
    let mut stores = Vec::new();
    loop {
        match spin_2::Store::open(label) {
            Ok(store) => stores.push(store),
            Err(error) => return format!("{error:?} after {}", stores.len() > 1_000),
        }
    }
}

fn swap(bucket: &store::Bucket) -> Vec<String> {
    let first = atomics::Cas::new(bucket, "three").expect("a value");
    let second = atomics::Cas::new(bucket, "three").expect("a value");
    let mut lines = vec![
        format!("wasi current {:?}", first.current()),
        format!("wasi swap {:?}", atomics::swap(first, b"33").is_ok()),
    ];
    match atomics::swap(second, b"333") {
        Err(atomics::CasError::CasFailed(newer)) => {
            lines.push(format!("wasi changed to {:?}", newer.current()));
            lines.push(format!(
                "wasi swap {:?}",
                atomics::swap(newer, b"333").is_ok()
            ));
        }
        other => lines.push(format!("wasi not swapped {:?}", other.is_ok())),
    }
    lines
}
