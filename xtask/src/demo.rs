//! `cargo xtask demo`: the Rust example in the harness, with an upstream on this machine.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use wait_timeout::ChildExt as _;

use crate::cargo::Compiler;
use crate::step::{self, Failure, Step};
use crate::{guests, harness, root, setup};

/// What the page's traffic is: a call with a redirect, one with a body, one to the guest itself, one that is denied.
const PATHS: [&str; 4] = ["/get", "/post", "/self", "/denied"];

/// The time between two requests, once each was sent.
const PAUSE: Duration = Duration::from_secs(2);

/// Builds the example, and runs each of its scenes.
pub(crate) fn run(compiler: Compiler) -> Result<(), Failure> {
    let component = build(compiler)?.join("rust_outbound_http.wasm");
    let folder = harness::build(compiler)?.with_file_name("examples");
    let mut demo = Command::new(folder.join("demo"));
    demo.arg(component).current_dir(root());
    Step::new("demo").run(demo)
}

/// Serves the example with its traffic page, and sends it requests until it is interrupted.
pub(crate) fn inspect(compiler: Compiler) -> Result<(), Failure> {
    let component = build(compiler)?.join("rust_outbound_http.wasm");
    let spin_harness = harness::build(compiler)?;
    let upstream = start_upstream()?;
    let folder = root().join("target/demo");
    fs::create_dir_all(&folder)?;
    let manifest = manifest(&component, upstream);
    fs::write(folder.join("spin.toml"), manifest)?;
    let mut up = Up(Command::new(spin_harness)
        .arg("up")
        .arg(&folder)
        .args(["--listen", "127.0.0.1:0", "--inspect"])
        .stdout(Stdio::piped())
        .spawn()?);
    let (application, page) = up.addresses()?;
    for path in PATHS {
        send(&application, path)?;
    }
    step::print(&format!(
        "\nThe traffic of the example is at {page}\nPress Ctrl-C to stop."
    ))?;
    for path in PATHS.into_iter().cycle() {
        if up.0.wait_timeout(PAUSE)?.is_some() {
            break;
        }
        send(&application, path)?;
    }
    Ok(())
}

fn build(compiler: Compiler) -> Result<std::path::PathBuf, Failure> {
    setup::targets(&["wasm32-wasip2"])?;
    guests::build(compiler, &guests::example("rust-outbound-http"))
}

fn manifest(component: &Path, upstream: SocketAddr) -> String {
    let component = component.display().to_string();
    format!(
        "spin_manifest_version = 2\napplication.name = \"demo\"\n\n[[trigger.http]]\nroute = \"/...\"\n\
         component = \"example\"\n\n[component.example]\nsource = {component:?}\n\
         allowed_outbound_hosts = [\"http://{upstream}\", \"http://self\", \"https://unused.example.com\"]\n\
         environment = {{ UPSTREAM = \"http://{upstream}\" }}\n"
    )
}

/// A running `spin-harness up`, which is killed when it is dropped.
struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Up {
    /// The address of the application, and that of its page.
    fn addresses(&mut self) -> Result<(String, String), Failure> {
        let stdout = self.0.stdout.take().ok_or_else(no_address)?;
        let mut application = None;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("Serving http://") {
                application = Some(address.to_owned());
            }
            if let (Some(page), Some(application)) =
                (line.strip_prefix("Traffic page: "), &application)
            {
                return Ok((application.clone(), page.to_owned()));
            }
        }
        Err(no_address())
    }
}

fn no_address() -> Failure {
    Failure::new("demo: `spin-harness up` does not serve; its log is above")
}

fn send(authority: &str, path: &str) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(authority)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer secret\r\nconnection: close\r\n\r\n"
    )?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Starts an upstream that redirects `/get`, and responds to everything else with JSON.
fn start_upstream() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that fails is the guest's to see.
            thread::spawn(move || drop(respond(stream)));
        }
    });
    Ok(address)
}

fn respond(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (head, body) = if path == "/get" {
        ("302 Found\r\nlocation: /product/7", String::new())
    } else {
        let body = format!(
            "{{\"path\": \"{path}\", \"product\": {{\"sku\": 7, \"price\": 3.5, \"tags\": [\"new\", \"blue\"]}}}}\n"
        );
        ("200 OK\r\ncontent-type: application/json", body)
    };
    let length = body.len();
    write!(
        reader.get_mut(),
        "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nset-cookie: session=secret\r\nconnection: close\r\n\r\n{body}"
    )
}
