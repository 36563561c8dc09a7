//! The import `fermyon:spin/http.send-request`: the one place where the steps stand in order.
//!
//! 1. Parse the URI once; the parsed value is the one that is dialled.
//! 2. Judge it by the allow-list, before anything is resolved or opened.
//! 3. Exchange, over the network or with the guest itself.
//! 4. Follow a redirect, each hop from step 2 on, or hand the response back.

pub(crate) mod connect;
pub(crate) mod failure;
pub(crate) mod network;
mod outgoing;
mod response;
mod self_call;

use std::time::Instant;

use outbound_policy::{Decision, InvalidUriKind, Target};

use crate::bindings::{fermyon, wire};
use crate::exchange::Recorder;
use crate::guest::{Guest, SelfCalls};
use crate::harness::Shared;
use crate::method::method_from_wire;
use crate::state::State;

use failure::Failure;
use outgoing::Outgoing;
use response::Answer;

/// The outbound calls of one invocation.
pub(crate) struct Outbound {
    guest: Guest,
    /// How many invocations wait for this one in nested self calls.
    depth: u32,
    n_calls: u32,
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
    pub(crate) fn new(guest: Guest, depth: u32) -> Self {
        Self {
            guest,
            depth,
            n_calls: 0,
        }
    }

    async fn send(&mut self, request: wire::Request) -> Result<wire::Response, wire::HttpError> {
        self.n_calls = self.n_calls.saturating_add(1);
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
        let deadline = Instant::now() + limits.response_timeout;
        if let Some(limit) = limits.outbound_calls.filter(|&limit| self.n_calls > limit) {
            return Err(Failure::TooManyCalls { limit });
        }
        let mut target = self.parse(&request.uri)?;
        recorder.parsed(&target);
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
            let Some(location) = answer.redirect_location().filter(|_| limits.redirects > 0) else {
                return Ok(answer);
            };
            recorder.next_hop(&location);
            if n_redirects == limits.redirects {
                return Err(Failure::TooManyRedirects {
                    limit: limits.redirects,
                    last: location,
                });
            }
            n_redirects += 1;
            let next = target.join(&location).map_err(Failure::InvalidLocation)?;
            recorder.parsed(&next);
            self.judge(&next, recorder)?;
            outgoing.redirect(answer.status(), target.origin() == next.origin());
            target = next;
        }
    }

    fn parse(&self, uri: &str) -> Result<Target, Failure> {
        let origin = self.guest.self_route().map(|route| match route {
            SelfCalls::Origin(origin) => origin,
            SelfCalls::InProcess => &*self_call::IN_PROCESS_ORIGIN,
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
        match self.guest.permissions().decide(target) {
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
        let in_process = target.is_self() && self.guest.self_route() == Some(&SelfCalls::InProcess);
        if in_process {
            self_call::exchange(&self.guest, self.depth, target, outgoing).await
        } else {
            shared.network.exchange(target, outgoing).await
        }
    }
}
