//! A page over an application of two wire probes, and a client without a browser.

use std::net::SocketAddr;
use std::time::Duration;

use harness_traffic::{Bounds, Page, Traffic};
use serde_json::{Value, json};
use spin_harness::{Application, Limits};
use test_support::application::{folder, load};
use test_support::guests::builder;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a step may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A page that is served.
pub(crate) struct Served {
    pub(crate) application: Application,
    pub(crate) address: SocketAddr,
    /// That of the page's address.
    pub(crate) token: String,
    task: JoinHandle<()>,
    _sender: watch::Sender<Application>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a server responded.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Response {
    /// The value of a header field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Serves the traffic of an application with a front and a back. `allowed` is what the front may call beside the back.
pub(crate) async fn serve(traffic: Traffic, allowed: &str) -> Served {
    let rest = format!(
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://back.spin.internal\", {allowed:?}]\n\
         [component.back]\nsource = \"COMPONENT\"\n"
    );
    let folder = folder(&[("/...", "front"), ("private", "back")], &rest);
    let observed = traffic.observe(builder(Limits::default()));
    let application = tokio::task::spawn_blocking(move || load(folder.path(), observed));
    let application = application.await.unwrap();
    let page = Page::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let url = page.url();
    let (address, token) = url
        .strip_prefix("http://")
        .and_then(|url| url.split_once("/?token="))
        .unwrap();
    let (sender, receiver) = watch::channel(application.clone());
    Served {
        application,
        address: address.parse().unwrap(),
        token: token.to_owned(),
        task: tokio::spawn(page.serve(traffic, receiver)),
        _sender: sender,
    }
}

/// [`serve`] with the default bounds, for a front that calls nothing else.
pub(crate) async fn serve_any() -> Served {
    serve(Traffic::new(Bounds::default()), "https://api.test").await
}

impl Served {
    /// Sends a request as its text, without the host and the end of the head.
    pub(crate) async fn send(&self, head: &str, body: &str) -> Response {
        tokio::time::timeout(PATIENCE, self.exchange(head, body))
            .await
            .expect("a response in time")
    }

    async fn exchange(&self, head: &str, body: &str) -> Response {
        let mut stream = self.begin(head, body).await;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    async fn begin(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let has_host = head.to_ascii_lowercase().contains("\r\nhost:");
        let host = if has_host {
            String::new()
        } else {
            format!("\r\nhost: {}", self.address)
        };
        let length = body.len();
        let text =
            format!("{head}{host}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Enters with the token: the path of the page, and the cookie.
    pub(crate) async fn enter(&self) -> (String, String) {
        let entered = self
            .send(&format!("GET /?token={} HTTP/1.1", self.token), "")
            .await;
        assert_eq!(entered.status, 303, "{entered:?}");
        let path = entered.field("location").unwrap().to_owned();
        let cookie = entered.field("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        (path, cookie)
    }

    /// Gets a path below that of the page, as the page does.
    pub(crate) async fn get(&self, path: &str) -> Response {
        let (page, cookie) = self.enter().await;
        self.send(
            &format!("GET {page}{path} HTTP/1.1\r\ncookie: {cookie}"),
            "",
        )
        .await
    }

    /// The ids and the data of events, until `is_last` of the data; `last_id` is that of an event before.
    pub(crate) async fn events(
        &self,
        last_id: Option<&str>,
        is_last: impl Fn(&Value) -> bool,
    ) -> Vec<(String, Value)> {
        let (page, cookie) = self.enter().await;
        let last_id = last_id.map_or(String::new(), |id| format!("\r\nlast-event-id: {id}"));
        let head = format!("GET {page}events HTTP/1.1\r\ncookie: {cookie}{last_id}");
        let mut lines = BufReader::new(self.begin(&head, "").await).lines();
        let read = async {
            let (mut events, mut id) = (Vec::new(), String::new());
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(found) = line.strip_prefix("id: ") {
                    found.clone_into(&mut id);
                }
                if let Some(data) = line.strip_prefix("data: ") {
                    let data: Value = serde_json::from_str(data).unwrap();
                    let is_done = is_last(&data);
                    events.push((id.clone(), data));
                    if is_done {
                        return events;
                    }
                }
            }
            panic!("the stream ended after {events:?}");
        };
        tokio::time::timeout(PATIENCE, read)
            .await
            .expect("an event in time")
    }

    /// All requests that are kept, the oldest first.
    pub(crate) async fn requests(&self) -> Vec<Value> {
        let is_list = |data: &Value| data["requests"].is_array();
        let events = self.events(None, is_list).await;
        let (_, list) = events.last().unwrap();
        let mut requests = list["requests"].as_array().unwrap().clone();
        requests.sort_by_key(|request| request["id"].as_u64());
        requests
    }

    /// Has the front make calls, in memory.
    pub(crate) async fn call(&self, urls: &[&str]) {
        let calls: Vec<_> = urls
            .iter()
            .map(|url| json!({ "method": "GET", "uri": url }))
            .collect();
        let body = serde_json::to_vec(&calls).unwrap();
        let request = http::Request::post("/").header("authorization", "Bearer s3cret");
        let request = request.body(body).unwrap();
        let response = self.application.handle(request).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}
