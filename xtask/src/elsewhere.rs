//! Runs the examples of the backend `wasi:http` on another host of that interface, `wasmtime serve`.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::cargo::Compiler;
use crate::step::{Failure, Step};
use crate::wasmtime_serve::WasmtimeServe;
use crate::{go, guests, harness, javascript, python, setup};

/// The time limit of a response.
const RESPONSE_LIMIT: Duration = Duration::from_secs(30);

/// The environment variables of the examples that have the base URL of an upstream.
const UPSTREAMS: [&str; 6] = ["UPSTREAM", "USERS", "POSTS", "CATALOGUE", "STOCK", "ORDERS"];

/// What the upstream responds to a GET of a path. It responds to any other GET with `ok`.
const DOCUMENTS: [(&str, &str); 6] = [
    ("/users/7", r#"{"id":7,"name":"Ada"}"#),
    ("/posts?userId=7", r#"[{"title":"Notes"}]"#),
    ("/products/7", r#"{"name":"spoon","price":350}"#),
    ("/stock/7", r#"{"count":12}"#),
    ("/orders/1", r#"{"lines":[{"product":"tea","count":2}]}"#),
    (
        "/products?name=tea",
        r#"[{"name":"tea","price_cents":450}]"#,
    ),
];

/// An example, and what it responds on each path.
struct Example {
    name: &'static str,
    component: PathBuf,
    rows: Vec<(&'static str, Want)>,
}

enum Want {
    Text(&'static str),
    /// The file in the folder `expected` of the example, in which `UPSTREAM` is the URL of the upstream.
    File(&'static str),
}

/// Serves each example, and compares its responses. The examples of a language are left out if its
/// toolchain is not installed.
pub(crate) fn check(compiler: Compiler) -> Result<(), Failure> {
    let wasmtime = setup::wasmtime()?;
    let upstream = start_upstream()?;
    let environment: Vec<_> = UPSTREAMS
        .iter()
        .flat_map(|name| ["--env".to_owned(), format!("{name}=http://{upstream}")])
        .collect();
    let mut problems = Vec::new();
    for example in examples(compiler)? {
        let step = Step::new(format!("{} on `wasmtime serve`", example.name));
        let server = WasmtimeServe::start(&wasmtime, &example.component, &environment)?;
        for (path, want) in &example.rows {
            let want = match want {
                Want::Text(text) => (*text).to_owned(),
                Want::File(file) => {
                    let file = guests::example(example.name).join("expected").join(file);
                    let text = fs::read_to_string(file)?;
                    text.replace("UPSTREAM", &format!("http://{upstream}"))
                }
            };
            let got = get(server.address(), path)?;
            if got != want {
                problems.push(format!(
                    "{} {path}: got {got:?}, want {want:?}",
                    example.name
                ));
            }
        }
        step.finish("");
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::new(problems.join("\n")))
}

/// All examples but rust-two-components, whose components call each other by the names that Spin gives them, and
/// rust-command, which is a command.
fn examples(compiler: Compiler) -> Result<Vec<Example>, Failure> {
    let mut examples = rust_examples(compiler)?;
    if go::LANGUAGE.is_available()? {
        let spin_harness = harness::build(compiler)?;
        let build = |folder| go::build(&spin_harness, folder, "wasi-http");
        examples.extend([
            Example {
                name: "go-send",
                component: build("examples/go-send")?,
                rows: calls(),
            },
            Example {
                name: "go-proxy",
                component: build("examples/go-proxy")?,
                rows: vec![("/get", Want::Text("ok"))],
            },
            Example {
                name: "go-router",
                component: build("examples/go-router")?,
                rows: vec![(
                    "/profiles/7",
                    Want::Text("{\"name\":\"Ada\",\"titles\":[\"Notes\"]}\n"),
                )],
            },
        ]);
    }
    if javascript::LANGUAGE.is_available()? {
        (javascript::LANGUAGE.setup)()?;
        let build = |folder, entry| javascript::build(folder, entry, "wasi-http");
        examples.extend([
            Example {
                name: "js-fetch",
                component: build("examples/js-fetch", "app.js")?,
                rows: calls(),
            },
            Example {
                name: "js-proxy",
                component: build("examples/js-proxy", "app.js")?,
                rows: vec![("/get", Want::Text("ok"))],
            },
            Example {
                name: "ts-hono",
                component: build("examples/ts-hono", "src/app.ts")?,
                rows: vec![(
                    "/products/7",
                    Want::Text(r#"{"name":"spoon","price":350,"inStock":true}"#),
                )],
            },
        ]);
    }
    if python::LANGUAGE.is_available()? {
        (python::LANGUAGE.setup)()?;
        let build = |folder| python::build(folder, "wasi-http");
        examples.extend([
            Example {
                name: "python-http-send",
                component: build("examples/python-http-send")?,
                rows: calls(),
            },
            Example {
                name: "python-proxy",
                component: build("examples/python-proxy")?,
                rows: vec![("/requests/get", Want::Text("ok"))],
            },
            Example {
                name: "python-httpx",
                component: build("examples/python-httpx")?,
                rows: vec![(
                    "/orders/1",
                    Want::Text(
                        r#"{"number": 1, "lines": [{"product": "tea", "count": 2, "price_cents": 450}], "total_cents": 900}"#,
                    ),
                )],
            },
        ]);
    }
    Ok(examples)
}

fn rust_examples(compiler: Compiler) -> Result<Vec<Example>, Failure> {
    let example = |name: &'static str, built: PathBuf, rows| Example {
        name,
        component: built.join(format!("{}.wasm", name.replace('-', "_"))),
        rows,
    };
    let with_feature = |name| guests::build_for_wasi_http(compiler, &guests::example(name), &[]);
    let items = vec![
        ("/", Want::Text("Home\n")),
        ("/items/7", Want::Text("Item 7\n")),
        ("/other", Want::Text("Nothing is here\n")),
    ];
    let ways = vec![
        ("/as-is/get", Want::Text("ok")),
        ("/copy/get", Want::Text("ok")),
        ("/upper/get", Want::Text("OK")),
    ];
    let streams = vec![("/get", Want::Text("ok"))];
    // It has this backend only.
    let rust_wasi_http = guests::build(compiler, &guests::example("rust-wasi-http"))?;
    Ok(vec![
        example(
            "rust-outbound-http",
            with_feature("rust-outbound-http")?,
            calls(),
        ),
        example("rust-router", with_feature("rust-router")?, items),
        example("rust-proxy", with_feature("rust-proxy")?, ways),
        example("rust-wasi-http", rust_wasi_http, streams),
    ])
}

/// The rows of the first example of each language.
fn calls() -> Vec<(&'static str, Want)> {
    vec![
        ("/hello", Want::File("hello.txt")),
        ("/get", Want::File("get.txt")),
        ("/post", Want::File("post.txt")),
    ]
}

/// Starts an upstream, and returns its authority. `/post` responds with the body of the request.
fn start_upstream() -> Result<String, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let authority = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A host that closes its connection ends the exchange, and the example reports it.
            drop(stream.and_then(respond));
        }
    });
    Ok(authority)
}

/// Reads one request, whose body has a content-length, and responds to it.
fn respond(mut stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut request_line, mut n_bytes) = (String::new(), 0);
    reader.read_line(&mut request_line)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(length) = line.strip_prefix("content-length:") {
            n_bytes = length.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body)?;
    let (status, body) = if request_line.starts_with("POST") {
        ("201 Created", body)
    } else {
        let path = request_line.split(' ').nth(1);
        let document = DOCUMENTS.iter().find(|(of, _)| Some(*of) == path);
        let text = document.map_or("ok", |(_, text)| text);
        ("200 OK", text.as_bytes().to_vec())
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// The body of the response to a GET. A response to HTTP/1.0 ends with its connection.
fn get(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(RESPONSE_LIMIT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let body = response.split_once("\r\n\r\n").map(|(_, body)| body);
    Ok(body.unwrap_or(&response).to_owned())
}
