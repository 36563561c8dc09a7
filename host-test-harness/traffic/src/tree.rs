//! A request as text: its calls beneath it, nested as they were made.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use outbound_policy::display::printable;
use spin_harness::Via;
use spin_harness::recording::{RecordedExchange, RecordedRequest};

use crate::store::{Call, ExchangeState, Request};

/// Whether the lines have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeStyle {
    /// They have none.
    Plain,
    /// Failures are red, and what is less important is dimmed.
    Coloured,
}

impl TreeStyle {
    /// Coloured if stderr is a terminal, and `NO_COLOR` is not set.
    #[must_use]
    pub fn of_stderr() -> Self {
        let has_colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if has_colours {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    fn style(self, style: Style) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Coloured => style,
        }
    }
}

/// A line, and the lines beneath it.
struct Node {
    text: String,
    /// Further lines of the same text.
    more: Vec<String>,
    children: Vec<Self>,
}

/// The lines of a request that has its response, each with a line break.
///
/// Control characters are escaped: neither a guest nor an upstream writes what looks like a line of the harness.
///
/// ```text
/// GET http://127.0.0.1:3000/ 200 front 12.3 ms, 84 B
/// ├─ GET http://back.spin.internal/greeting 200 in process: back 1.9 ms, 12 B, allowed by http://back.spin.internal
/// │  └─ GET http://self/name 200 in process: front 0.6 ms, 5 B, allowed by http://self
/// └─ GET https://api.test/ destination-not-allowed 0.1 ms
///      `https://api.test` is denied: …
/// ```
#[must_use]
pub fn lines(request: &Request, style: TreeStyle) -> String {
    let mut root = match &request.state {
        ExchangeState::Ended(ended) => inbound(&ended.exchange(), style),
        ExchangeState::Running(begun) => running(&begun.exchange(), ""),
    };
    root.children.extend(calls(request, None, style));
    let pieces = request
        .output()
        .into_iter()
        .flat_map(|output| &output.pieces);
    root.children.extend(pieces.map(|piece| {
        let text = String::from_utf8_lossy(&piece.bytes);
        let mut lines = text.trim_matches(['\r', '\n']).split('\n').map(line);
        let dimmed = style.style(Style::new().dimmed());
        let first = lines.next().unwrap_or_default();
        let name = format!(
            "{} of {}:",
            piece.stream.name(),
            printable(&piece.component)
        );
        Node {
            text: format!("{dimmed}{name}{dimmed:#} {first}"),
            more: lines.collect(),
            children: Vec::new(),
        }
    }));
    let mut text = String::new();
    write_node(&mut text, &root, "", "");
    text
}

/// The calls that the invocation made which responded to the exchange `parent`.
fn calls(request: &Request, parent: Option<u64>, style: TreeStyle) -> Vec<Node> {
    let of_parent = |call: &&Call| call.state.packed().identity().parent == parent;
    let nodes = request.calls().iter().filter(of_parent).map(|call| {
        let mut node = match &call.state {
            ExchangeState::Running(begun) => running(&begun.exchange(), " is running"),
            ExchangeState::Ended(ended) => outbound(&ended.exchange(), style),
        };
        node.children = calls(request, Some(call.id), style);
        node
    });
    nodes.collect()
}

fn running(exchange: &RecordedExchange, note: &str) -> Node {
    let RecordedRequest { method, url, .. } = &exchange.request;
    Node {
        text: format!("{method} {}{note}", printable(url)),
        more: Vec::new(),
        children: Vec::new(),
    }
}

fn inbound(exchange: &RecordedExchange, style: TreeStyle) -> Node {
    let component = exchange.component.as_deref().map(printable);
    let component = component.map_or("no component".into(), |name| name.to_string());
    node(exchange, &component, None, style)
}

fn outbound(exchange: &RecordedExchange, style: TreeStyle) -> Node {
    let from = match &exchange.via {
        Some(Via::InProcess {
            component: Some(name),
        }) => format!("in process: {}", printable(name)),
        Some(Via::InProcess { component: None }) => "in process".to_owned(),
        Some(Via::Mock { name }) => format!("mock: {}", printable(name)),
        Some(Via::Network {
            address: Some(address),
        }) => address.to_string(),
        _ => String::new(),
    };
    let rule = exchange
        .rule
        .as_deref()
        .map(|rule| format!(", allowed by {}", printable(rule)));
    node(exchange, &from, rule, style)
}

fn node(exchange: &RecordedExchange, from: &str, rule: Option<String>, style: TreeStyle) -> Node {
    let request = &exchange.request;
    let bold = style.style(Style::new().bold());
    let dimmed = style.style(Style::new().dimmed());
    let red = style.style(Style::new().fg_color(Some(AnsiColor::Red.into())));
    let mut text = String::new();
    if exchange.hop > 0 {
        text += &format!("{dimmed}redirect {}:{dimmed:#} ", exchange.hop);
    }
    text += &format!(
        "{bold}{}{bold:#} {}",
        request.method,
        printable(&request.url)
    );
    let failure = exchange.failure.as_ref();
    let response = exchange.response.as_ref();
    if let Some(response) = response {
        let status = response.status;
        let is_error = status.is_client_error() || status.is_server_error();
        let colour = if is_error || failure.is_some() {
            red
        } else {
            style.style(Style::new().fg_color(Some(AnsiColor::Green.into())))
        };
        text += &format!(" {colour}{}{colour:#}", status.as_u16());
    } else if let Some(failure) = failure {
        let code = failure.error_code.as_deref().unwrap_or("no response");
        text += &format!(" {red}{code}{red:#}");
    }
    if !from.is_empty() {
        text += &format!(" {from}");
    }
    text += &format!("{dimmed} {}", milliseconds(exchange.timings.total()));
    if let Some(response) = response {
        text += &format!(", {}", size(response.body.size));
    }
    text += &format!("{}{dimmed:#}", rule.unwrap_or_default());
    let mut more = Vec::new();
    if let Some(failure) = failure {
        let details = failure.details.as_deref().unwrap_or_default();
        let cause = failure.cause.split('\n');
        more.extend(cause.map(|cause| format!("{red}{}{red:#}", line(cause))));
        more.extend(details.trim_end().split('\n').map(line));
        more.retain(|line| !line.is_empty());
    }
    Node {
        text,
        more,
        children: Vec::new(),
    }
}

/// A line of a guest, with its tabs.
fn line(line: &str) -> String {
    let parts: Vec<_> = line
        .trim_end_matches('\r')
        .split('\t')
        .map(|part| printable(part).to_string())
        .collect();
    parts.join("\t")
}

fn write_node(text: &mut String, node: &Node, first: &str, rest: &str) {
    // Nothing that is written to memory fails.
    let _ = writeln!(text, "{first}{}", node.text);
    let bar = if node.children.is_empty() { " " } else { "│" };
    for line in &node.more {
        let _ = writeln!(text, "{rest}{bar}    {line}");
    }
    let last = node.children.len().saturating_sub(1);
    for (index, child) in node.children.iter().enumerate() {
        let (branch, below) = if index == last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        write_node(
            text,
            child,
            &format!("{rest}{branch}"),
            &format!("{rest}{below}"),
        );
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn size(n_bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let bytes = n_bytes as f64;
    match n_bytes {
        0..1_024 => format!("{n_bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes / 1_024.0),
        _ => format!("{:.1} MiB", bytes / 1_048_576.0),
    }
}
