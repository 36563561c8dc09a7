//! An upstream for one connection. It follows a script, and checks that the client closes the connection.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use test_support::guests::block_on;

/// The time limit of each read and write, and of each step of the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time between two pieces of [`Step::Trickle`].
const DRIP: Duration = Duration::from_millis(20);

#[derive(Clone)]
pub(super) struct Script {
    pub(super) scheme: Scheme,
    /// The size of the body that the guest sends.
    pub(super) request_body_bytes: usize,
    /// The steps on the connection; `None` if nobody listens.
    pub(super) steps: Option<Vec<Step>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

#[derive(Clone)]
pub(super) enum Step {
    /// Reads the head of a request, and perhaps a part of its body.
    Request,
    Send(Vec<u8>),
    /// Sends the same bytes again and again.
    Flood(Vec<u8>),
    /// As [`Step::Flood`], with a pause after each piece.
    Trickle(Vec<u8>),
    /// Sends nothing more, and waits until the client closes the connection.
    Hold,
    /// Neither reads nor writes, and keeps the connection open.
    Deaf,
    /// Closes its side of the connection, and waits until the client closes the other one.
    Close,
    Reset,
}

/// Reads a request, sends `response`, and takes `step`.
pub(super) fn then(response: impl Into<String>, step: Step) -> Vec<Step> {
    vec![Step::Request, Step::Send(response.into().into()), step]
}

impl Script {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self {
            scheme: Scheme::Http,
            request_body_bytes: 0,
            steps: Some(steps),
        }
    }

    pub(super) fn nobody() -> Self {
        Self {
            steps: None,
            ..Self::new(vec![])
        }
    }

    pub(super) fn over(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    pub(super) fn after_a_body_of(self, request_body_bytes: usize) -> Self {
        Self {
            request_body_bytes,
            ..self
        }
    }
}

pub(super) struct Scripted {
    pub(super) url: String,
    go_on: Sender<()>,
    /// `None` if nobody listens.
    conversation: Option<Conversation>,
    /// Connections beyond the first wait here.
    _listener: Option<TcpListener>,
}

struct Conversation {
    is_reached: Receiver<()>,
    thread: JoinHandle<Result<(), String>>,
}

impl Scripted {
    pub(super) fn start(script: &Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let scheme = match script.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let (go_on, may_go_on) = mpsc::channel();
        let (reached, is_reached) = mpsc::channel();
        let (listener, conversation) = match script.steps.clone() {
            None => (None, None),
            Some(steps) => {
                let accepting = listener.try_clone().expect("a listener can be shared");
                let thread = thread::spawn(move || {
                    let (stream, _) = accepting.accept().map_err(|error| error.to_string())?;
                    converse(stream, &steps, &reached, &may_go_on)
                });
                (Some(listener), Some(Conversation { is_reached, thread }))
            }
        };
        Self {
            url: format!("{scheme}://{address}/"),
            go_on,
            conversation,
            _listener: listener,
        }
    }

    /// Waits until the fault is the next step.
    #[track_caller]
    pub(super) fn wait_for_request(&self) {
        if let Some(conversation) = &self.conversation {
            let reached = conversation.is_reached.recv_timeout(PATIENCE);
            reached.expect("the upstream receives a request in time");
        }
    }

    /// Lets the fault happen.
    pub(super) fn go_on(&self) {
        // Nobody waits if nobody listens.
        self.go_on.send(()).unwrap_or_default();
    }

    /// Waits for the end of the connection. The error says that the client did not close it.
    pub(super) fn ended(self) -> Result<(), String> {
        match self.conversation {
            None => Ok(()),
            Some(conversation) => conversation
                .thread
                .join()
                .expect("an upstream does not panic"),
        }
    }
}

fn converse(
    mut stream: TcpStream,
    steps: &[Step],
    reached: &Sender<()>,
    may_go_on: &Receiver<()>,
) -> Result<(), String> {
    let timeouts = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
        .and_then(|()| stream.set_nodelay(true));
    timeouts.map_err(|error| error.to_string())?;
    let mut steps = steps.iter().peekable();
    if steps
        .next_if(|step| matches!(step, Step::Request))
        .is_some()
    {
        read_head(&mut stream).map_err(|error| format!("no request: {error}"))?;
    }
    // The test may have failed already.
    reached.send(()).unwrap_or_default();
    let may_go_on = may_go_on.recv_timeout(PATIENCE);
    may_go_on.map_err(|_gone| "the test did not go on".to_owned())?;
    for step in steps {
        if let Err(error) = take(&mut stream, step) {
            // The client has closed the connection, unless the time limit has passed.
            let is_timeout = [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind());
            return if is_timeout {
                Err("the connection was still open".to_owned())
            } else {
                Ok(())
            };
        }
    }
    Ok(())
}

fn take(stream: &mut TcpStream, step: &Step) -> io::Result<()> {
    match step {
        Step::Request => read_head(stream),
        Step::Send(bytes) => stream.write_all(bytes),
        Step::Flood(piece) => {
            let piece = piece.repeat((32 << 10) / piece.len());
            let started = Instant::now();
            while started.elapsed() < PATIENCE {
                stream.write_all(&piece)?;
            }
            Err(ErrorKind::TimedOut.into())
        }
        Step::Trickle(piece) => {
            stream.set_read_timeout(Some(DRIP))?;
            let started = Instant::now();
            while started.elapsed() < PATIENCE {
                stream.write_all(piece)?;
                match stream.read(&mut [0]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Ok(0) => return Ok(()),
                    read => drop(read?),
                }
            }
            Err(ErrorKind::TimedOut.into())
        }
        Step::Hold => io::copy(stream, &mut io::sink()).map(drop),
        Step::Deaf => {
            // The test ends earlier.
            thread::park_timeout(PATIENCE);
            Ok(())
        }
        Step::Close => {
            stream.shutdown(Shutdown::Write)?;
            io::copy(stream, &mut io::sink()).map(drop)
        }
        Step::Reset => {
            stream.set_nonblocking(true)?;
            let stream = stream.try_clone()?;
            block_on(async { tokio::net::TcpStream::from_std(stream)?.set_zero_linger() })
        }
    }
}

fn read_head(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut piece = [0; 4 << 10];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            n_bytes => head.extend_from_slice(&piece[..n_bytes]),
        }
    }
    Ok(())
}
