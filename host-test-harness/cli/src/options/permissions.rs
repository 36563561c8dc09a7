//! The allow-list of a guest, as flags.

use clap::Args;
use spin_harness::AllowList;

use crate::report::Failure;

/// Which requests are permitted.
#[derive(Args, Clone)]
pub(crate) struct PermissionOptions {
    /// Permit requests, in the format of `allowed_outbound_hosts` in a Spin manifest: `https://HOST`,
    /// `http://HOST:PORT`, `https://*.DOMAIN`, `http://self` or `*://*:*`. Requests that no entry permits
    /// are denied. Repeatable.
    #[arg(long = "allow-outbound-host", value_name = "ENTRY")]
    allow_outbound_hosts: Vec<String>,
    /// Permit requests, in the format of `allowed_http_hosts` in a Spin manifest of version 1: `HOST`,
    /// `HOST:PORT`, `self` or `insecure:allow-all`. Repeatable.
    #[arg(long = "allow-http-host", value_name = "ENTRY")]
    allow_http_hosts: Vec<String>,
    /// Set a variable for entries such as `https://{{NAME}}`. Repeatable.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = super::parse_pair)]
    variables: Vec<(String, String)>,
}

impl PermissionOptions {
    /// [`Self::parse`], and logs the warnings of the list.
    pub(crate) fn allow_list(&self) -> Result<AllowList, Failure> {
        let list = self.parse()?;
        for warning in list.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(list)
    }

    /// The entries of `--allow-outbound-host`, followed by those of `--allow-http-host`.
    pub(crate) fn parse(&self) -> Result<AllowList, Failure> {
        let value = |wanted: &str| {
            let mut variables = self.variables.iter();
            let found = variables.find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        };
        let outbound = AllowList::from_allowed_outbound_hosts(&self.allow_outbound_hosts, value);
        let http = AllowList::from_allowed_http_hosts(&self.allow_http_hosts);
        match (outbound, http) {
            (Ok(outbound), Ok(http)) => Ok(outbound.and(http)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(Failure::Usage(error.to_string())),
            (Err(outbound), Err(http)) => Err(Failure::Usage(format!("{outbound}\n{http}"))),
        }
    }
}
