//! The two allow-lists of a Spin manifest.

use crate::invalid_entry::InvalidEntryKind;
use crate::scope::Scope;
use crate::{http_host_entry, outbound_host_entry};

/// The list that an entry belongs to. It determines the grammar, the manifest key and the command-line flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostList {
    /// `allowed_http_hosts` of manifest version 1: hosts, for both http and https.
    AllowedHttpHosts,
    /// `allowed_outbound_hosts` of manifest version 2: scheme, host and port, each with wildcards.
    #[default]
    AllowedOutboundHosts,
}

impl HostList {
    /// The key in the manifest.
    pub fn manifest_key(self) -> &'static str {
        match self {
            Self::AllowedHttpHosts => "allowed_http_hosts",
            Self::AllowedOutboundHosts => "allowed_outbound_hosts",
        }
    }

    /// The command-line flag that takes one entry.
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

    /// The forms of an entry, for hints.
    pub(crate) fn entry_form(self) -> &'static str {
        match self {
            Self::AllowedHttpHosts => "`host`, `host:port` or `http://host:port`",
            Self::AllowedOutboundHosts => "`https://host` or `https://host:port`",
        }
    }

    /// Parses one entry, after its variables have been replaced.
    pub(crate) fn parse(self, entry: &str) -> Result<Scope, InvalidEntryKind> {
        match self {
            Self::AllowedHttpHosts => http_host_entry::parse(entry),
            Self::AllowedOutboundHosts => outbound_host_entry::parse(entry),
        }
    }
}
