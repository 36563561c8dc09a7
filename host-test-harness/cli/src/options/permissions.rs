//! The allow-list of a guest, as flags.

use clap::Args;
use spin_harness::AllowList;

use super::Variables;
use crate::report::Failure;

/// Which requests are permitted.
#[derive(Args, Clone)]
pub(super) struct PermissionOptions {
    /// Permit requests, in the format of `allowed_outbound_hosts` in a Spin manifest: `https://HOST`,
    /// `http://HOST:PORT`, `https://*.DOMAIN`, `http://self` or `*://*:*`. Requests that no entry permits
    /// are denied. Repeatable.
    #[arg(long = "allow-outbound-host", value_name = "ENTRY")]
    allow_outbound_hosts: Vec<String>,
    /// Permit requests, in the format of `allowed_http_hosts` in a Spin manifest of version 1: `HOST`,
    /// `HOST:PORT`, `self` or `insecure:allow-all`. Repeatable.
    #[arg(long = "allow-http-host", value_name = "ENTRY")]
    allow_http_hosts: Vec<String>,
}

impl PermissionOptions {
    /// [`Self::parse`], and logs the warnings of the list.
    pub(super) fn allow_list(&self, variables: &Variables) -> Result<AllowList, Failure> {
        let list = self.parse(variables)?;
        for warning in list.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(list)
    }

    /// The entries of `--allow-outbound-host`, followed by those of `--allow-http-host`.
    pub(super) fn parse(&self, variables: &Variables) -> Result<AllowList, Failure> {
        let value = |name: &str| variables.get(name).cloned();
        let outbound = AllowList::from_allowed_outbound_hosts(&self.allow_outbound_hosts, value);
        let http = AllowList::from_allowed_http_hosts(&self.allow_http_hosts);
        match (outbound, http) {
            (Ok(outbound), Ok(http)) => Ok(outbound.and(http)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(Failure::Usage(error.to_string())),
            (Err(outbound), Err(http)) => Err(Failure::Usage(format!("{outbound}\n{http}"))),
        }
    }
}
