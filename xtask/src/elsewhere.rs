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
    let mut problems = Vec::new();
    for example in examples(compiler)? {
        let step = Step::new(format!("{} on `wasmtime serve`", example.name));
        let environment = format!("UPSTREAM=http://{upstream}");
        let server = WasmtimeServe::start(&wasmtime, &example.component, &["--env", &environment])?;
        for (path, want) in &example.rows {
            let want = match want {
                Want::Text(text) => (*text).to_owned(),
                Want::File(file) => {
                    let file = guests::example(example.name).join("expected").join(file);
                    let text = fs::read_to_string(file)?;
                    let text = text.replace("http://127.0.0.1:PORT", "UPSTREAM");
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

fn examples(compiler: Compiler) -> Result<Vec<Example>, Failure> {
    let rust = |name: &'static str, built: PathBuf, rows| Example {
        name,
        component: built.join(format!("{}.wasm", name.replace('-', "_"))),
        rows,
    };
    let with_feature = |name| guests::build_for_wasi_http(compiler, &guests::example(name), &[]);
    let calls = || {
        vec![
            ("/hello", Want::File("hello.txt")),
            ("/get", Want::File("get.txt")),
            ("/post", Want::File("post.txt")),
        ]
    };
    let items = vec![
        ("/", Want::Text("Home\n")),
        ("/items/7", Want::Text("Item 7\n")),
        ("/other", Want::Text("Nothing is here\n")),
    ];
    let streams = vec![("/get", Want::Text("ok"))];
    // It has this backend only.
    let rust_wasi_http = guests::build(compiler, &guests::example("rust-wasi-http"))?;
    let mut examples = vec![
        rust(
            "rust-outbound-http",
            with_feature("rust-outbound-http")?,
            calls(),
        ),
        rust("rust-router", with_feature("rust-router")?, items),
        rust("rust-wasi-http", rust_wasi_http, streams),
    ];
    if go::LANGUAGE.is_available()? {
        let spin_harness = harness::build(compiler)?;
        examples.push(Example {
            name: "go-send",
            component: go::build(&spin_harness, "examples/go-send", "wasi-http")?,
            rows: calls(),
        });
    }
    if javascript::LANGUAGE.is_available()? {
        (javascript::LANGUAGE.setup)()?;
        examples.push(Example {
            name: "js-fetch",
            component: javascript::build("examples/js-fetch", "app.js", "wasi-http")?,
            rows: calls(),
        });
    }
    if python::LANGUAGE.is_available()? {
        (python::LANGUAGE.setup)()?;
        examples.push(Example {
            name: "python-http-send",
            component: python::build("examples/python-http-send", "wasi-http")?,
            rows: calls(),
        });
    }
    Ok(examples)
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
        ("200 OK", b"ok".to_vec())
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
