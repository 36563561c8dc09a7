//! Which outbound HTTP requests may a Spin component make?
//!
//! This crate answers that question and does nothing else: no I/O, no async, no runtime.
//! The host parses what the guest gave ([`Target::parse`]), asks the allow-list ([`AllowList::decide`]),
//! checks each address that a name resolves to ([`BlockedNetworks::check`]),
//! and then dials the very value that was judged ([`Target::url`], [`Target::uri`]), at an address that was checked.
//!
//! ```
//! use outbound_policy::{AllowList, Decision, Target};
//!
//! let allow_list = AllowList::from_allowed_http_hosts(["api.test", "db.test:8443"])?;
//!
//! let target = Target::parse("https://API.test/v1?q=1", None)?;
//! let Decision::Allow(rule) = allow_list.decide(&target) else { panic!("it is listed") };
//! assert_eq!(rule.entry(), "api.test");
//! assert_eq!(target.url().as_str(), "https://api.test/v1?q=1");
//!
//! let target = Target::parse("http://db.test:9000/", None)?;
//! let Decision::Deny(denial) = allow_list.decide(&target) else { panic!("it is not listed") };
//! assert_eq!(denial.entry_to_add(), Some("db.test:9000"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every rule stands as a row in a table under `host-test-harness/conformance/policy/`;
//! the tests of this crate run those tables.

mod absolute_url;
mod allow_list;
mod blocked_networks;
mod coverage;
mod decision;
mod embedded_address;
mod host_list;
mod http_host_entry;
mod invalid_entry;
mod invalid_uri;
mod judgement;
mod network;
mod origin;
mod outbound_host_entry;
mod quoted;
mod rule;
mod scope;
mod special_networks;
mod target;
mod template;
mod usage;
mod warning;

pub use allow_list::AllowList;
pub use blocked_networks::{BlockedAddress, BlockedNetworks, InvalidNetwork};
pub use decision::{Decision, Denial, DenialReason};
pub use host_list::HostList;
pub use invalid_entry::{InvalidEntries, InvalidEntry, InvalidEntryKind};
pub use invalid_uri::{InvalidUri, InvalidUriKind};
pub use judgement::Judgement;
pub use origin::{InvalidOrigin, Origin, Scheme};
pub use quoted::redacted;
pub use rule::Rule;
pub use scope::NoEffect;
pub use target::Target;
pub use usage::{MAX_SUFFICIENT, Usage};
pub use warning::Warning;
