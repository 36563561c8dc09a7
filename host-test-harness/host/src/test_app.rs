//! An application or a component under test, in memory, with mocked upstreams.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use harness_outbound::Body;
use harness_outbound::mocks::{Checkpoint, Mocks, MocksLayer};
#[cfg(feature = "har")]
use harness_outbound::recording::Recording;
use harness_outbound::sweep::Injector;
use harness_outbound::time::is_virtual;
use http::{Request, Response};
use outbound_policy::{AllowList, Origin};
use tokio::task::JoinHandle;

use crate::sweep::{self, Sweep};
use crate::{Application, Error, ErrorKind, Guest, Harness, KeyValue, Limits, Manifest, Server};

/// An application or a component under test: it is called in memory, and [`Mocks`] answer its outbound calls.
/// [`TestApp::listen`] serves it over TCP.
///
/// The permissions are those of the manifest, so a call that Spin would deny is denied here too. The mocks stand in for
/// the upstreams of every component of the application, and for a component that another one calls.
///
/// All of a process share one [`Harness`] with the default limits; [`TestApp::application`] and [`TestApp::guest`] take
/// one with others.
///
/// # Virtual time
///
/// In a test whose tokio clock is paused, `#[tokio::test(start_paused = true)]` with tokio's feature `test-util`, time is
/// virtual: when everything waits, the clock jumps to whatever ends first. The delays of mocks, the limits and timeouts
/// of calls, the wall time, and the clocks and timers of the guest are on that one clock, so a test of a timeout of 30
/// seconds takes milliseconds, and `tokio::time::Instant` says how long it took.
///
/// - A guest that computes takes no virtual time. Its wall time counts in real time then, which also ends a guest that
///   looks at the clock in a loop instead of waiting.
/// - A call that would go to the network fails: its time limits would pass before anything could arrive. A call between
///   the components of an application does not.
/// - Each test has a clock of its own, and the guest's time of day begins at the real one.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use spin_harness::TestApp;
/// use spin_harness::mocks::{Mocks, get, json};
///
/// let price = serde_json::json!({"price": 3});
/// let mocks = Mocks::new().expect(get("https://api.test/price").query("sku", "7"), json(&price));
/// let app = TestApp::manifest("spin.toml")?.mocks(&mocks);
/// let response = app.get("/buy/7").await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(mocks.received()[0].header("authorization"), Some("Bearer t"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct TestApp {
    tested: Tested,
    mocks: Option<MocksLayer>,
}

#[derive(Debug, Clone)]
enum Tested {
    Application(Application),
    Guest(Guest),
}

impl TestApp {
    /// The application of a manifest, with the default values of its variables.
    ///
    /// # Errors
    ///
    /// As [`Manifest::read`] and [`ApplicationBuilder::load`](crate::ApplicationBuilder::load).
    pub fn manifest(path: impl AsRef<Path>) -> Result<Self, Error> {
        let manifest = Manifest::read(path)?;
        let application = Application::builder(shared_harness()?, &manifest).load()?;
        Ok(Self::application(application))
    }

    /// [`TestApp::manifest`], after the build commands of the manifest, see [`build()`](crate::build()).
    ///
    /// # Errors
    ///
    /// As [`TestApp::manifest`], and [`ErrorKind::Build`] if a command fails.
    pub async fn build(path: impl AsRef<Path>) -> Result<Self, Error> {
        crate::build(&Manifest::read(path.as_ref())?.components).await?;
        Self::manifest(path)
    }

    /// A component without permissions, see [`TestApp::allow_outbound_hosts`]. Its name is the file's.
    ///
    /// # Errors
    ///
    /// As [`Harness::load_file`].
    pub fn component(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let component = shared_harness()?.load_file(path)?;
        Ok(Self::guest(component.guest(name)))
    }

    /// An application that was loaded in another way, for example with variables or limits of the test.
    #[must_use]
    pub fn application(application: Application) -> Self {
        Self::new(Tested::Application(application))
    }

    /// A guest that was configured in another way.
    #[must_use]
    pub fn guest(guest: Guest) -> Self {
        Self::new(Tested::Guest(guest))
    }

    fn new(tested: Tested) -> Self {
        Self {
            tested,
            mocks: None,
        }
    }

    /// Gives every component these permissions, in the words of `allowed_outbound_hosts`, instead of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if an entry is invalid.
    pub fn allow_outbound_hosts<I>(self, entries: I) -> Result<Self, Error>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let allow_list = AllowList::from_allowed_outbound_hosts(entries, |_| None);
        let allow_list = allow_list.map_err(|error| {
            Error::new(ErrorKind::InvalidOption, error.to_string()).with_source(error)
        })?;
        Ok(self.configure(|guest| guest.allow_list(allow_list.clone())))
    }

    /// Lets `mocks` answer the outbound calls of every component. Without it, calls go to the network.
    ///
    /// # Panics
    ///
    /// If there are mocks already: only one of them could answer, or fail, a call that neither expects.
    #[must_use]
    #[track_caller]
    pub fn mocks(mut self, mocks: &Mocks) -> Self {
        assert!(
            self.mocks.is_none(),
            "the application has mocks already; add the expectations to those"
        );
        self.mocks = Some(mocks.layer());
        self.configure(|guest| {
            let network = guest.harness().transport();
            guest.transport(mocks.transport(network))
        })
    }

    /// Records the outbound calls of every component, or replays them, as the recording says, for example that of a
    /// [`HarRecording`](crate::har::HarRecording).
    #[cfg(feature = "har")]
    #[must_use]
    pub fn record(self, recording: &Recording) -> Self {
        self.configure(|guest| guest.record(recording))
    }

    /// Changes each guest, for example its environment, its variables or its output.
    #[must_use]
    pub fn configure(self, configure: impl Fn(Guest) -> Guest) -> Self {
        let tested = match self.tested {
            Tested::Application(application) => {
                Tested::Application(application.configured(configure))
            }
            Tested::Guest(guest) => Tested::Guest(configure(guest)),
        };
        Self { tested, ..self }
    }

    /// Sends a GET request with an empty body, in memory.
    ///
    /// # Errors
    ///
    /// As [`Application::get`].
    pub async fn get(&self, uri: impl AsRef<str>) -> Result<Response<Bytes>, Error> {
        match &self.tested {
            Tested::Application(application) => application.get(uri).await,
            Tested::Guest(guest) => guest.get(uri).await,
        }
    }

    /// Sends a request, in memory, and returns the whole response.
    ///
    /// # Errors
    ///
    /// As [`Application::handle`].
    pub async fn request(
        &self,
        request: Request<impl Into<Bytes>>,
    ) -> Result<Response<Bytes>, Error> {
        match &self.tested {
            Tested::Application(application) => application.handle(request).await,
            Tested::Guest(guest) => guest.handle(request).await,
        }
    }
}

/// Streams.
impl TestApp {
    /// Sends a request whose body may stream, in memory, and returns with the head of the response. Dropping the body of
    /// the response ends the invocation. A component of `fermyon:spin` has the whole request before it starts.
    ///
    /// # Errors
    ///
    /// As [`TestApp::request`].
    pub async fn stream(&self, request: Request<impl Into<Body>>) -> Result<Response<Body>, Error> {
        let request = request.map(Into::into);
        match &self.tested {
            Tested::Application(application) => application.stream(request).await,
            Tested::Guest(guest) => guest.stream(request).await,
        }
    }
}

/// A server.
impl TestApp {
    /// Serves the application over TCP, HTTP/1.1 and HTTP/2 without TLS, on a free port of the loopback interface, until
    /// the returned [`TestServer`] is dropped: for a client that needs a socket. [`Server`] says how it responds. A
    /// `self` request has the address as its origin. A lone component serves all paths.
    ///
    /// It needs a tokio runtime, whose tasks serve. A response may end before its invocations have.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if time is virtual, which would not wait for the clients; [`ErrorKind::Io`] as
    /// [`Server::bind`].
    pub async fn listen(&self) -> Result<TestServer, Error> {
        if is_virtual() {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                "a server would not wait for its clients while time is virtual; send requests in memory, or do not pause \
                 tokio's clock",
            ));
        }
        let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let address = server.address();
        let url = format!("http://{address}");
        let serve = server.serve(self.application_at(&url)).into_future();
        Ok(TestServer {
            address,
            url,
            serve: tokio::spawn(serve),
        })
    }

    fn application_at(&self, url: &str) -> Application {
        let application = match self.tested.clone() {
            Tested::Application(application) => application,
            Tested::Guest(guest) => Application::of(guest),
        };
        application.at(Origin::parse(url).expect("the URL is that of an address"))
    }
}

/// An application that [`TestApp::listen`] serves. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    url: String,
    serve: JoinHandle<()>,
}

impl TestServer {
    /// The base URL, such as `http://127.0.0.1:41763`, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and every connection, and returns when nothing listens any more.
    pub async fn stop(mut self) {
        self.serve.abort();
        // It ends with the error that it was cancelled.
        drop((&mut self.serve).await);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.serve.abort();
    }
}

/// What mocks and key-value stores had at one moment.
pub(crate) struct Before {
    mocks: Vec<(MocksLayer, Checkpoint)>,
    stores: Vec<(KeyValue, KeyValue)>,
}

impl TestApp {
    /// Sends the request once without a fault, to find the calls that it makes to upstreams, and then once for each call
    /// and each fault: a failure of the network, a response that never comes or that is an error, a header section
    /// over the limit, a body that breaks off, stalls or is empty. Returns what the application answered each time.
    ///
    /// A call that fails reaches no upstream and no mock. Each run begins with the mocks and key-value stores as they were;
    /// afterwards they are as after the run without a fault. Mocks that were given otherwise than by [`TestApp::mocks`] or
    /// [`HarnessBuilder::mocks`](crate::HarnessBuilder::mocks) count every run.
    ///
    /// Some faults end by a time limit, so a sweep takes long, unless the clock of tokio is paused (see [`TestApp`]).
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use spin_harness::mocks::{Mocks, get, json};
    /// use spin_harness::{Bytes, TestApp};
    ///
    /// let mocks = Mocks::new().expect(get("https://api.test/price"), json(&serde_json::json!({"price": 3})));
    /// let app = TestApp::manifest("spin.toml")?.mocks(&mocks);
    /// let sweep = app.sweep(http::Request::get("/buy/7").body(Bytes::new())?).await?;
    /// let problems: Vec<_> = sweep.problems().collect();
    /// assert!(problems.is_empty(), "{problems:#?}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`TestApp::request`], for the request without a fault.
    pub async fn sweep(&self, request: Request<impl Into<Bytes>>) -> Result<Sweep, Error> {
        sweep::sweep(self, request.map(Into::into)).await
    }

    /// Whether no call goes to the network, since mocks answer each call to an upstream or fail it.
    #[must_use]
    pub fn is_mocked(&self) -> bool {
        self.all_mocks().any(MocksLayer::is_strict)
    }

    fn all_mocks(&self) -> impl Iterator<Item = &MocksLayer> {
        self.mocks.iter().chain(self.harness().mocks())
    }

    /// The harness of the application: [`Harness::abandoned_ended`] waits for requests that the test has dropped.
    #[must_use]
    pub fn harness(&self) -> &Harness {
        match &self.tested {
            Tested::Application(application) => application.harness(),
            Tested::Guest(guest) => guest.harness(),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.harness().limits()
    }

    /// The same application, whose calls `injector` watches.
    pub(crate) fn through(&self, injector: &Injector) -> Self {
        self.clone()
            .configure(|guest| guest.through(|transport| injector.transport(transport)))
    }

    pub(crate) fn checkpoint(&self) -> Before {
        let guests: Vec<&Guest> = match &self.tested {
            Tested::Application(application) => application.guests().collect(),
            Tested::Guest(guest) => vec![guest],
        };
        let stores = guests.into_iter().map(Guest::stores);
        Before {
            mocks: self
                .all_mocks()
                .map(|mocks| (mocks.clone(), mocks.checkpoint()))
                .collect(),
            stores: stores
                .map(|stores| (stores.clone(), stores.snapshot()))
                .collect(),
        }
    }

    pub(crate) fn restore(&self, before: &Before) {
        for (mocks, checkpoint) in &before.mocks {
            mocks.restore(checkpoint);
        }
        for (stores, snapshot) in &before.stores {
            stores.restore(snapshot);
        }
    }
}

/// The harness of all tests of a process, since each reserves the address space of its instances.
fn shared_harness() -> Result<&'static Harness, Error> {
    static HARNESS: OnceLock<Harness> = OnceLock::new();
    if let Some(harness) = HARNESS.get() {
        return Ok(harness);
    }
    let harness = Harness::builder().build()?;
    Ok(HARNESS.get_or_init(|| harness))
}
