//! The import `fermyon:spin/http.send-request`: the one place where the steps stand in order.
//!
//! 1. Parse the URI once; the parsed value is the one that is dialled.
//! 2. Judge it by the allow-list, before anything is resolved or opened.
//! 3. Check each address after name resolution, in [`resolve`] and [`connect`], and exchange, over the network or with a component of the same application.
//! 4. Follow a redirect, each hop from step 2 on, or hand the response back.

pub(crate) mod connect;
pub(crate) mod failure;
pub(crate) mod in_process;
pub(crate) mod network;
mod outgoing;
mod resolve;
mod response;

use outbound_policy::{Decision, InvalidUriKind, Target};

use crate::bindings::{fermyon, wire};
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
        Self { guest, chain }
    }

    async fn send(&self, request: wire::Request) -> Result<wire::Response, wire::HttpError> {
        let shared = self.guest.harness().shared();
        let method = method_from_wire(request.method);
        let mut recorder = Recorder::new(
            shared.observer.as_ref(),
            self.guest.name_shared(),
            method,
            &request.uri,
        );
        match self.follow(request, shared, &mut recorder).await {
            Ok(answer) => Ok(answer.into_wire()),
            Err(failure) => {
                recorder.failed(&failure);
                Err(failure.error_code())
            }
        }
    }

    async fn follow(
        &self,
        request: wire::Request,
        shared: &Shared,
        recorder: &mut Recorder<'_>,
    ) -> Result<Answer, Failure> {
        let limits = &shared.limits;
        let deadline = deadline(limits.response_timeout);
        let mut target = self.parse(&request.uri)?;
        recorder.parsed(self.shown_url(&target));
        self.chain.count_call(limits)?;
        self.judge(&target, recorder)?;
        let mut outgoing = Outgoing::from_wire(request, limits)?;
        let mut n_redirects = 0;
        loop {
            recorder.sending(&outgoing.method, outgoing.body_bytes());
            let exchange = self.exchange(&target, &outgoing, shared);
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

    fn judge(&self, target: &Target, recorder: &mut Recorder<'_>) -> Result<(), Failure> {
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

    async fn exchange(
        &self,
        target: &Target,
        outgoing: &Outgoing,
        shared: &Shared,
    ) -> Result<Answer, Failure> {
        match self.recipient(target) {
            Some(recipient) => {
                in_process::exchange(&self.guest, &self.chain, recipient, target, outgoing).await
            }
            None => shared.network.exchange(target, outgoing).await,
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
