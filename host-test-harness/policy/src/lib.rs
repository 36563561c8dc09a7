//! Decides which outbound HTTP requests a Spin component may make.
//!
//! The crate does no I/O, is not async, and depends on no runtime. A host calls it in this order:
//!
//! 1. [`Target::parse`] parses the URI of the guest.
//! 2. [`AllowList::evaluate`] decides whether the target may be requested.
//! 3. [`BlockedNetworks::check`] checks each address that the URI host resolves to.
//! 4. The host requests the value that was evaluated ([`Target::url`], [`Target::uri`]), at an address that was checked.
//!
//! ```
//! use outbound_policy::{AllowList, Decision, Target};
//!
//! let allow_list = AllowList::from_allowed_http_hosts(["api.test", "db.test:8443"])?;
//!
//! let target = Target::parse("https://API.test/v1?q=1", None)?;
//! let Decision::Allow(rule) = allow_list.evaluate(&target) else { panic!("it is listed") };
//! assert_eq!(rule.entry(), "api.test");
//! assert_eq!(target.url().as_str(), "https://api.test/v1?q=1");
//!
//! let target = Target::parse("http://db.test:9000/", None)?;
//! let Decision::Deny(denial) = allow_list.evaluate(&target) else { panic!("it is not listed") };
//! assert_eq!(denial.entry_to_add(), Some("db.test:9000"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `serde`, [`Decision`], [`Warning`], [`Explanation`], [`Target`], [`InvalidEntries`], [`InvalidUri`]
//! and [`BlockedAddress`] are JSON: the JSON of `spin-harness policy` and of the npm package `outbound-policy`.
//!
//! The tables in `host-test-harness/conformance/policy/` specify the rules, one row each.
//! The tests of this crate run the tables.

mod absolute_url;
mod allow_list;
mod blocked_networks;
mod coverage;
mod decision;
pub mod display;
mod embedded_address;
mod evaluation;
mod explanation;
mod host_list;
mod http_host_entry;
mod invalid_entry;
mod invalid_uri;
mod network;
mod origin;
mod outbound_host_entry;
mod own_application;
mod rule;
mod scope;
#[cfg(feature = "serde")]
mod serialize;
mod special_networks;
mod target;
mod template;
mod usage;
mod warning;

pub use allow_list::AllowList;
pub use blocked_networks::{BlockedAddress, BlockedNetworks, InvalidNetwork};
pub use decision::{Decision, Denial, DenialReason};
pub use display::redacted;
pub use evaluation::Evaluation;
pub use explanation::{Explanation, RuleExplanation};
pub use host_list::HostList;
pub use invalid_entry::{InvalidEntries, InvalidEntry, InvalidEntryKind};
pub use invalid_uri::{InvalidUri, InvalidUriKind};
pub use origin::{InvalidOrigin, Origin, Scheme};
pub use own_application::{OWN_APPLICATION, names_own_application};
pub use rule::Rule;
pub use scope::NoEffect;
pub use target::Target;
pub use usage::{MAX_SUFFICIENT, Usage};
pub use warning::Warning;
