//! The network and the limits of all guests.

use std::path::{Path, PathBuf};

use clap::Args;
use outbound_policy::Scheme;
use spin_harness::mocks::Mocks;
use spin_harness::{BlockedNetworks, Harness, Origin};

use super::limits::LimitOptions;
use crate::report::Failure;

/// The options of a [`Harness`].
#[derive(Args, Clone)]
pub(crate) struct HarnessOptions {
    /// Trust the certificates of a PEM file, in addition to those of the system. Repeatable.
    #[arg(long = "ca", value_name = "FILE")]
    root_certificates: Vec<PathBuf>,
    /// Refuse to connect to non-public IP addresses, even for allowed host names.
    #[arg(long)]
    block_private: bool,
    /// Refuse to connect to the IP addresses of a network, such as `203.0.113.0/24`. Repeatable.
    #[arg(long = "block", value_name = "CIDR")]
    block: Vec<String>,
    /// Speak HTTP/2 without TLS (h2c) with an upstream, such as `http://127.0.0.1:50051`. Repeatable.
    #[arg(long = "h2c", value_name = "ORIGIN", value_parser = parse_h2c)]
    h2c: Vec<Origin>,
    /// Answer outbound calls with the mocks of a TOML or JSON file, before they reach the network or another component.
    /// A call to an upstream that no mock matches fails, unless the file says `unmatched = "network"`. The permissions
    /// are needed all the same. A mock that is not called is no failure.
    #[arg(long = "mock", value_name = "FILE")]
    mock: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitOptions,
}

impl HarnessOptions {
    /// A harness, with the mocks of the command line.
    pub(crate) fn harness(&self) -> Result<Harness, Failure> {
        self.harness_with(self.mocks()?.as_ref())
    }

    /// Reads the mock file, if there is one.
    pub(crate) fn mocks(&self) -> Result<Option<Mocks>, Failure> {
        let Some(file) = &self.mock else {
            return Ok(None);
        };
        let mocks = Mocks::from_file(file).map_err(|error| Failure::File(error.to_string()))?;
        // Nobody reads what a drop says.
        Ok(Some(mocks.verify_on_drop(false)))
    }

    /// The path of the mock file.
    pub(crate) fn mock_file(&self) -> Option<&Path> {
        self.mock.as_deref()
    }

    /// A harness with these mocks.
    pub(crate) fn harness_with(&self, mocks: Option<&Mocks>) -> Result<Harness, Failure> {
        let mut builder = Harness::builder()
            .limits(self.limits.limits())
            .blocked_networks(self.blocked_networks()?);
        if let Some(mocks) = mocks {
            builder = builder.mocks(mocks);
        }
        for origin in &self.h2c {
            builder = builder.h2c(origin.clone());
        }
        for path in &self.root_certificates {
            builder = builder.root_certificate_file(path)?;
        }
        Ok(builder.build()?)
    }

    fn blocked_networks(&self) -> Result<BlockedNetworks, Failure> {
        let mut blocked = BlockedNetworks::default();
        if self.block_private {
            blocked = blocked.block_private();
        }
        for network in &self.block {
            blocked = blocked
                .block(network)
                .map_err(|error| Failure::Usage(format!("--block: {error}")))?;
        }
        Ok(blocked)
    }
}

fn parse_h2c(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text).map_err(|error| error.to_string())?;
    if origin.scheme() == Scheme::Https {
        return Err(
            "h2c is HTTP/2 without TLS; leave the option out: with https, HTTP/2 is used if the upstream offers it"
                .to_owned(),
        );
    }
    Ok(origin)
}
