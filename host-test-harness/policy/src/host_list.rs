//! The two lists of a Spin manifest that say what a component may call.

use crate::invalid_entry::InvalidEntryKind;
use crate::scope::Scope;
use crate::{http_host_entry, outbound_host_entry};

/// Which list an entry belongs to: the key of the manifest, the flag of the command line, the grammar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostList {
    /// `allowed_http_hosts` of manifest version 1: hosts, for http and https alike.
    AllowedHttpHosts,
    /// `allowed_outbound_hosts` of manifest version 2: scheme, host and port, each with wildcards.
    #[default]
    AllowedOutboundHosts,
}

impl HostList {
    /// The key in a manifest.
    pub fn manifest_key(self) -> &'static str {
        match self {
            Self::AllowedHttpHosts => "allowed_http_hosts",
            Self::AllowedOutboundHosts => "allowed_outbound_hosts",
        }
    }

    /// The flag of the command line that takes one entry.
    pub fn flag(self) -> &'static str {
        match self {
            Self::AllowedHttpHosts => "--allow-http-host",
            Self::AllowedOutboundHosts => "--allow-outbound-host",
        }
    }

    /// The entry that permits requests to the application itself.
    pub(crate) fn own_application(self) -> &'static str {
        match self {
            Self::AllowedHttpHosts => "self",
            Self::AllowedOutboundHosts => "http://self",
        }
    }

    /// What an entry looks like, for hints.
    pub(crate) fn entry_form(self) -> &'static str {
        match self {
            Self::AllowedHttpHosts => "`host`, `host:port` or `http://host:port`",
            Self::AllowedOutboundHosts => "`https://host` or `https://host:port`",
        }
    }

    /// Reads one entry, whose variables have been replaced.
    pub(crate) fn parse(self, entry: &str) -> Result<Scope, InvalidEntryKind> {
        match self {
            Self::AllowedHttpHosts => http_host_entry::parse(entry),
            Self::AllowedOutboundHosts => outbound_host_entry::parse(entry),
        }
    }
}
