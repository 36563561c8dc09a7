//! Sessions of the control protocol.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use harness_driver::protocol_schema;
use serde_json::{Value, json};
use test_support::guests::{build, example_folder, probe_path};
use test_support::table::check_rows;
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
    duplex, split,
};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The most that a message may take, in which components may compile.
const LIMIT: Duration = Duration::from_secs(120);

static SCHEMA: LazyLock<Value> = LazyLock::new(protocol_schema);

/// A client in this process.
struct Client {
    input: Option<WriteHalf<DuplexStream>>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    session: JoinHandle<std::io::Result<()>>,
    n_requests: u64,
    /// Messages that were read while another one was awaited.
    early: Vec<Value>,
}

impl Client {
    fn start() -> Self {
        let (client, harness) = duplex(1 << 16);
        let (input, output) = split(harness);
        let session = tokio::spawn(harness_driver::session::serve(input, output));
        let (output, input) = split(client);
        Self {
            input: Some(input),
            output: BufReader::new(output).lines(),
            session,
            n_requests: 0,
            early: Vec::new(),
        }
    }

    async fn initialized() -> Self {
        let mut client = Self::start();
        let result = client
            .ask("initialize", json!({ "protocol_version": 1 }))
            .await;
        assert_eq!(result.unwrap()["protocol_version"], 1);
        client
    }

    async fn send_line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
    }

    async fn send(&mut self, method: &str, params: Value) -> u64 {
        check_schema(method, "params", &params);
        self.n_requests += 1;
        let id = self.n_requests;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send_line(&message.to_string()).await;
        id
    }

    async fn notify(&mut self, method: &str, params: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.send_line(&message.to_string()).await;
    }

    async fn next(&mut self) -> Value {
        let line = timeout(LIMIT, self.output.next_line()).await.unwrap();
        serde_json::from_str(&line.unwrap().expect("the session goes on")).unwrap()
    }

    /// The response to a request: its result, or its error.
    async fn response(&mut self, id: u64) -> Result<Value, Value> {
        let is_it = |message: &Value| message["id"] == id && message.get("method").is_none();
        let message = match self.early.iter().position(is_it) {
            Some(index) => self.early.remove(index),
            None => loop {
                let message = self.next().await;
                if is_it(&message) {
                    break message;
                }
                self.early.push(message);
            },
        };
        match message.get("error") {
            None => Ok(message["result"].clone()),
            Some(error) => Err(error.clone()),
        }
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send(method, params).await;
        let result = self.response(id).await;
        if let Ok(result) = &result {
            check_schema(method, "result", result);
        }
        result
    }

    /// Loads a component with mocks of number 1.
    async fn load(&mut self, component: &str) -> u64 {
        let created = self.ask("mocks/create", json!({ "mocks": 1 })).await;
        created.unwrap();
        let options = json!({
            "component": component, "mocks": 1, "allowed_outbound_hosts": ["https://api.test"],
        });
        self.ask("load", options).await.unwrap()["app"]
            .as_u64()
            .unwrap()
    }

    /// Closes stdin, and waits for the end of the session.
    async fn end(mut self) -> Vec<Value> {
        self.input.take().unwrap().shutdown().await.unwrap();
        let mut rest = self.early;
        while let Some(line) = timeout(LIMIT, self.output.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        timeout(LIMIT, self.session)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        rest
    }
}

/// Checks a message of this test or of the harness against the schema that is checked in.
fn check_schema(method: &str, part: &str, value: &Value) {
    static VALIDATORS: LazyLock<HashMap<String, jsonschema::Validator>> = LazyLock::new(|| {
        let methods = SCHEMA["methods"].as_object().unwrap();
        let parts = methods.iter().flat_map(|(method, parts)| {
            let parts = parts.as_object().unwrap().iter();
            parts.map(move |(part, schema)| {
                let mut schema = schema.clone();
                schema["$defs"] = SCHEMA["$defs"].clone();
                let validator = jsonschema::validator_for(&schema).unwrap();
                (format!("{method} {part}"), validator)
            })
        });
        parts.collect()
    });
    if let Some(validator) = VALIDATORS.get(&format!("{method} {part}")) {
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{method} {part} {value}: {errors:?}");
    }
}

fn block_on<F: Future>(test: F) -> F::Output {
    Runtime::new().unwrap().block_on(test)
}

fn wire() -> String {
    probe_path("wire_probe").to_str().unwrap().to_owned()
}

/// The body of a request that asks the probe to make a call.
fn call(url: &str) -> Value {
    let description = json!([{ "method": "GET", "uri": url }]);
    BASE64_STANDARD.encode(description.to_string()).into()
}

fn text(base64: &Value) -> String {
    let bytes = BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn messages_that_are_not_requests_are_errors_and_the_session_goes_on() {
    block_on(async {
        let mut client = Client::initialized().await;
        let rows = [
            ("{", -32700, "not JSON"),
            ("[]", -32600, "batches"),
            (
                r#"{"jsonrpc": "1.0", "id": 1, "method": "report"}"#,
                -32600,
                "`jsonrpc`",
            ),
            (
                r#"{"jsonrpc": "2.0", "id": {}, "method": "report"}"#,
                -32600,
                "`id`",
            ),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": 7}"#,
                -32600,
                "`method`",
            ),
            (r#"{"jsonrpc": "2.0"}"#, -32600, "`method` or `id`"),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": "none"}"#,
                -32601,
                "`none`",
            ),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": "report", "params": {"app": "1"}}"#,
                -32602,
                "`app`",
            ),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": "report", "params": {"app": 9}}"#,
                -32602,
                "number 9",
            ),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": "load", "params": {"componet": "a"}}"#,
                -32602,
                "componet",
            ),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": "read", "params": {"id": "x"}}"#,
                -32602,
                "\"x\"",
            ),
        ];
        for (line, code, message) in rows {
            client.send_line(line).await;
            let response = client.next().await;
            assert_eq!(response["error"]["code"], code, "{line}: {response}");
            let got = response["error"]["message"].as_str().unwrap();
            assert!(got.contains(message), "{line}: {response}");
        }
        assert!(client.end().await.is_empty());
    });
}

#[test]
fn a_session_begins_with_a_version_that_both_speak() {
    block_on(async {
        let mut client = Client::start();
        let error = client.ask("report", json!({ "app": 1 })).await.unwrap_err();
        assert_eq!(error["code"], -32600);
        let asked = json!({ "protocol_version": 2, "client": "a test" });
        let error = client.ask("initialize", asked).await.unwrap_err();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("version 2") && message.contains("speaks 1"),
            "{message}"
        );
        client.end().await;
    });
}

#[test]
fn an_expectation_holds_for_the_request_that_is_sent_after_it() {
    block_on(async {
        let mut client = Client::initialized().await;
        let app = client.load(&wire()).await;
        let mock = json!({ "request": { "host": "api.test" }, "response": { "text": "mocked" } });
        let expected = client
            .send("mocks/expect", json!({ "mocks": 1, "mock": mock }))
            .await;
        let request = json!({ "method": "POST", "url": "/", "body": call("https://api.test/a") });
        let asked = client
            .send("request", json!({ "app": app, "request": request }))
            .await;
        let response = client.response(asked).await.unwrap();
        client.response(expected).await.unwrap();
        let outcomes: Value = serde_json::from_str(&text(&response["response"]["body"])).unwrap();
        assert_eq!(text(&outcomes[0]["response"]["body"]), "mocked");
        let received = client
            .ask("mocks/received", json!({ "mocks": 1 }))
            .await
            .unwrap();
        assert_eq!(received["received"][0]["url"], "https://api.test/a");
        let verified = client
            .ask("mocks/verify", json!({ "mocks": 1 }))
            .await
            .unwrap();
        assert_eq!(verified["unmet"], json!([]));
        let report = client.ask("report", json!({ "app": app })).await.unwrap();
        assert_eq!(
            report["calls"][0]["outcome"]["kind"], "response",
            "{report}"
        );
        client.ask("close", json!({ "app": app })).await.unwrap();
        let error = client
            .ask("report", json!({ "app": app }))
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32602);
        client.end().await;
    });
}

#[test]
fn the_client_makes_the_response_of_a_mock() {
    let rows = [
        (
            json!({ "result": { "status": 201, "text": "made" } }),
            Ok("made"),
        ),
        (
            json!({ "result": { "status": 99 } }),
            Err("returned an invalid response"),
        ),
        (
            json!({ "error": { "code": 1, "message": "no idea" } }),
            Err("failed: no idea"),
        ),
    ];
    check_rows(rows, |(reply, want)| {
        block_on(async {
            let mut client = Client::initialized().await;
            let app = client.load(&wire()).await;
            let mock = json!({ "request": { "host": "api.test" }, "response": { "callback": 7 } });
            let expected = client
                .ask("mocks/expect", json!({ "mocks": 1, "mock": mock }))
                .await;
            expected.unwrap();
            let request =
                json!({ "method": "POST", "url": "/", "body": call("https://api.test/a?b=1") });
            let asked = client
                .send("request", json!({ "app": app, "request": request }))
                .await;
            let respond = client.next().await;
            assert_eq!(respond["method"], "respond");
            check_schema("respond", "params", &respond["params"]);
            assert_eq!(respond["params"]["callback"], 7);
            assert_eq!(
                respond["params"]["request"]["url"],
                "https://api.test/a?b=1"
            );
            let mut line = json!({ "jsonrpc": "2.0", "id": respond["id"] });
            line.as_object_mut()
                .unwrap()
                .extend(reply.as_object().unwrap().clone());
            client.send_line(&line.to_string()).await;
            let response = client.response(asked).await.unwrap();
            let outcomes: Value =
                serde_json::from_str(&text(&response["response"]["body"])).unwrap();
            let verified = client
                .ask("mocks/verify", json!({ "mocks": 1 }))
                .await
                .unwrap();
            match want {
                Ok(body) => {
                    assert_eq!(text(&outcomes[0]["response"]["body"]), *body);
                    assert_eq!(verified["unmet"], json!([]));
                }
                Err(reason) => {
                    assert_eq!(outcomes[0]["error"]["kind"], "runtime-error");
                    let unmet = verified["unmet"][0].as_str().unwrap();
                    assert!(unmet.contains(reason), "{unmet}");
                }
            }
            client.end().await;
        });
    });
}

/// A component of `wasi:http` that relays a stream to its upstream, and the response back.
fn relay() -> String {
    let folder = build(&example_folder("rust-wasi-http"), "wasm32-wasip2");
    let component = folder.join("rust_wasi_http.wasm");
    component.to_str().unwrap().to_owned()
}

#[test]
fn bodies_stream_in_pieces_both_ways() {
    block_on(async {
        let mut client = Client::initialized().await;
        client
            .ask("mocks/create", json!({ "mocks": 1 }))
            .await
            .unwrap();
        let options = json!({
            "component": relay(), "mocks": 1, "allowed_outbound_hosts": ["http://api.test"],
            "environment": { "UPSTREAM": "http://api.test" },
        });
        let app = client.ask("load", options).await.unwrap()["app"].clone();
        let mock = json!({
            "request": { "method": "POST", "text": "first second" },
            "response": {
                "pieces": [{ "text": "third " }, { "base64": "Zm91cnRo" }],
                "trailers": { "x-end": "1" },
            },
        });
        client
            .ask("mocks/expect", json!({ "mocks": 1, "mock": mock }))
            .await
            .unwrap();
        let request = json!({ "method": "POST", "url": "/stream/a" });
        let streams = json!({ "request": true, "response": true });
        let params = json!({ "app": app, "request": request, "streams": streams });
        let asked = client.send("request", params).await;
        let piece = |text: &str| Value::from(BASE64_STANDARD.encode(text));
        let first = json!({ "id": asked, "body": piece("first ") });
        assert_eq!(client.ask("write", first).await.unwrap()["open"], true);
        let second = json!({ "id": asked, "body": piece("second"), "end": true });
        assert_eq!(client.ask("write", second).await.unwrap()["open"], false);
        let response = client.response(asked).await.unwrap();
        assert_eq!(response["response"]["status"], 200, "{response}");
        assert_eq!(response["response"].get("body"), None);
        let mut body = String::new();
        loop {
            let read = client.ask("read", json!({ "id": asked })).await.unwrap();
            body += &text(&read["body"]);
            if read["end"] == true {
                break;
            }
        }
        assert_eq!(body, "third fourth");
        let error = client
            .ask("read", json!({ "id": asked }))
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32602);
        client.end().await;
    });
}

#[test]
fn a_request_is_cancelled_by_the_client_by_close_and_by_the_end() {
    let rows = ["$/cancelRequest", "close", "the end"];
    check_rows(rows, |how| {
        block_on(async {
            let mut client = Client::initialized().await;
            let app = client.load(&wire()).await;
            let mock =
                json!({ "request": { "host": "api.test" }, "response": { "stalled": true } });
            client
                .ask("mocks/expect", json!({ "mocks": 1, "mock": mock }))
                .await
                .unwrap();
            let request =
                json!({ "method": "POST", "url": "/", "body": call("https://api.test/a") });
            let asked = client
                .send("request", json!({ "app": app, "request": request }))
                .await;
            // The call has arrived when the mocks have received it.
            let arrived = timeout(LIMIT, async {
                loop {
                    let received = client.ask("mocks/received", json!({ "mocks": 1 })).await;
                    if received.unwrap()["received"] != json!([]) {
                        break;
                    }
                }
            });
            arrived.await.unwrap();
            match *how {
                "the end" => {
                    let rest = client.end().await;
                    assert!(
                        rest.iter().all(|message| message["id"] != asked),
                        "{rest:?}"
                    );
                }
                how => {
                    if how == "close" {
                        client.ask("close", json!({ "app": app })).await.unwrap();
                    } else {
                        client.notify(how, json!({ "id": asked })).await;
                        // An id that has ended is ignored.
                        client.notify(how, json!({ "id": asked })).await;
                    }
                    let error = client.response(asked).await.unwrap_err();
                    assert_eq!(error["code"], -32800);
                    client.end().await;
                }
            }
        });
    });
}

#[test]
fn an_application_listens_at_one_url_until_it_is_closed_or_the_session_ends() {
    check_rows(["close", "the end"], |how| {
        block_on(async {
            let mut client = Client::initialized().await;
            let app = client.load(&wire()).await;
            let listening = client.ask("listen", json!({ "app": app })).await.unwrap();
            let again = client.ask("listen", json!({ "app": app })).await.unwrap();
            assert_eq!(listening, again);
            let url = listening["url"].as_str().unwrap();
            let address = url.strip_prefix("http://").unwrap().to_owned();
            TcpStream::connect(&address).await.unwrap();
            if *how == "close" {
                client.ask("close", json!({ "app": app })).await.unwrap();
                let closed = client
                    .ask("listen", json!({ "app": app }))
                    .await
                    .unwrap_err();
                assert_eq!(closed["code"], -32602);
            } else {
                client.end().await;
            }
            let refused = TcpStream::connect(&address).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        });
    });
}
