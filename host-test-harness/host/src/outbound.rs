//! Outbound calls, by `fermyon:spin/http` and by `wasi:http`: the one place where the steps stand in order.
//!
//! 1. Parse the URI once; the parsed value is the one that is dialled.
//! 2. Judge it by the allow-list, before anything is resolved or opened.
//! 3. Check each address after name resolution, in [`resolve`] and [`connect`], and exchange, over the network or with a component of the same application.
//! 4. Follow a redirect, each hop from step 2 on, or hand the response back. As in Spin, a guest of `wasi:http`
//!    gets each response itself, redirects included; see [`streamed`].

pub(crate) mod connect;
pub(crate) mod failure;
pub(crate) mod in_process;
pub(crate) mod network;
pub(crate) mod outgoing;
pub(crate) mod resolve;
mod response;
mod streamed;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, Request};
use outbound_policy::{Decision, InvalidUriKind, Target};

use crate::bindings::{fermyon, wire};
use crate::body::Body;
use crate::exchange::Recorder;
use crate::guest::{Guest, SelfCalls};
use crate::harness::Shared;
use crate::limits::deadline;
use crate::method::method_from_wire;
use crate::state::State;

use failure::Failure;
use in_process::{Chain, Recipient};
use outgoing::Outgoing;
use response::Answer;

/// The outbound calls of one invocation.
pub(crate) struct Outbound {
    guest: Guest,
    chain: Chain,
    is_cut_off: Arc<AtomicBool>,
}

impl fermyon::spin::http::Host for State {
    async fn send_request(
        &mut self,
        request: wire::Request,
    ) -> Result<wire::Response, wire::HttpError> {
        self.outbound.send(request).await
    }
}

impl fermyon::spin::http_types::Host for State {}

impl Outbound {
    pub(crate) fn new(guest: Guest, chain: Chain) -> Self {
        Self {
            guest,
            chain,
            is_cut_off: Arc::default(),
        }
    }

    /// Has no request body end any more as if it were complete.
    pub(crate) fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Release);
    }

    async fn send(&self, request: wire::Request) -> Result<wire::Response, wire::HttpError> {
        let method = method_from_wire(request.method);
        let mut recorder = self.recorder(method, &request.uri);
        match self.follow(request, &mut recorder).await {
            Ok(answer) => Ok(answer.into_wire()),
            Err(failure) => {
                recorder.failed(failure.error_code_name(), &failure);
                Err(failure.error_code())
            }
        }
    }

    pub(crate) fn guest_name(&self) -> &str {
        self.guest.name()
    }

    fn shared(&self) -> &Shared {
        self.guest.harness().shared()
    }

    fn recorder(&self, method: Method, uri: &str) -> Recorder {
        let observer = self.shared().observer.as_ref();
        Recorder::new(observer, self.guest.name_shared(), method, uri)
    }

    /// Steps 1 and 2 for the guest's own request.
    fn admit(&self, uri: &str, recorder: &mut Recorder) -> Result<Target, Failure> {
        let target = self.parse(uri)?;
        recorder.parsed(self.shown_url(&target));
        self.chain.count_call(&self.shared().limits)?;
        self.judge(&target, recorder)?;
        Ok(target)
    }

    async fn follow(
        &self,
        request: wire::Request,
        recorder: &mut Recorder,
    ) -> Result<Answer<Vec<u8>>, Failure> {
        let limits = &self.shared().limits;
        let deadline = deadline(limits.response_timeout);
        let mut target = self.admit(&request.uri, recorder)?;
        let mut outgoing = Outgoing::from_wire(request, limits)?;
        let mut n_redirects = 0;
        loop {
            recorder.sending(&outgoing.method, outgoing.body_bytes());
            let request = outgoing.request(&target);
            let exchange = async { self.exchange(&target, request).await?.read(limits).await };
            let answer = tokio::time::timeout_at(deadline.into(), exchange)
                .await
                .map_err(|_elapsed| Failure::Timeout {
                    what: "the whole response",
                    limit: limits.response_timeout,
                })??;
            recorder.answered(answer.status(), answer.body_bytes(), answer.address);
            if limits.redirects == 0 {
                return Ok(answer);
            }
            let Some(location) = answer.redirect_location()? else {
                return Ok(answer);
            };
            recorder.next_hop(&location);
            let next = target.join(&location).map_err(Failure::InvalidLocation)?;
            recorder.parsed(self.shown_url(&next));
            if n_redirects == limits.redirects {
                return Err(Failure::TooManyRedirects {
                    limit: limits.redirects,
                    last: next.url().to_string(),
                });
            }
            n_redirects += 1;
            outgoing.redirect(answer.status(), target.origin() == next.origin());
            recorder.sending(&outgoing.method, outgoing.body_bytes());
            self.judge(&next, recorder)?;
            target = next;
        }
    }

    fn parse(&self, uri: &str) -> Result<Target, Failure> {
        let origin = self.guest.self_route().map(|route| match route {
            SelfCalls::Origin(origin) => origin,
            SelfCalls::InProcess => self.chain.origin(),
        });
        Target::parse(uri, origin).map_err(|error| match origin {
            None if error.kind() == InvalidUriKind::NoOrigin => Failure::NoOrigin,
            Some(_) | None => Failure::InvalidUri(error),
        })
    }

    fn judge(&self, target: &Target, recorder: &mut Recorder) -> Result<(), Failure> {
        if target.dropped_user_info() {
            tracing::warn!(
                component = self.guest.name(), url = %target.url(),
                "user info in a URL is never sent; use an `authorization` header"
            );
        }
        match self.guest.judge(target) {
            Decision::Allow(rule) => {
                recorder.allowed_by(rule);
                Ok(())
            }
            Decision::Deny(denial) => Err(Failure::Denied(denial.to_string())),
        }
    }

    /// Step 3.
    async fn exchange(&self, target: &Target, request: Request<Body>) -> Result<Answer, Failure> {
        match self.recipient(target) {
            Some(recipient) => {
                in_process::exchange(&self.guest, &self.chain, recipient, request).await
            }
            None => self.shared().network.exchange(request).await,
        }
    }

    /// Who answers `target` in process; `None` sends it over the network.
    fn recipient<'a>(&self, target: &'a Target) -> Option<Recipient<'a>> {
        if target.is_self() {
            (self.guest.self_route() == Some(&SelfCalls::InProcess)).then_some(Recipient::Route)
        } else {
            target.internal_component().map(Recipient::Component)
        }
    }

    /// The URL for the log. A self call in process must not look like a call to a server on this machine.
    fn shown_url(&self, target: &Target) -> String {
        match self.recipient(target) {
            Some(Recipient::Route) => {
                let path_and_query = target.uri().path_and_query();
                format!(
                    "http://self{}",
                    path_and_query.map_or("/", |path| path.as_str())
                )
            }
            Some(Recipient::Component(_)) | None => target.url().to_string(),
        }
    }
}
