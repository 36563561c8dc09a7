//! The network and the limits of all guests.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use outbound_policy::Scheme;
use spin_harness::{BlockedNetworks, Compiler, Harness, HarnessBuilder, Origin};

use super::limits::LimitOptions;
use super::traffic::{Traffic, TrafficOptions};
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
    /// The compiler of components: `winch` compiles in a quarter of the time, to slower code, for development.
    #[arg(long, value_enum, value_name = "COMPILER", default_value = "cranelift")]
    compiler: CompilerOption,
    #[command(flatten)]
    traffic: TrafficOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum CompilerOption {
    Cranelift,
    Winch,
}

impl HarnessOptions {
    /// The options for mocks and recordings.
    pub(crate) fn traffic(&self) -> &TrafficOptions {
        &self.traffic
    }

    /// A harness with these mocks and this recording.
    pub(crate) fn harness(&self, traffic: &Traffic) -> Result<Harness, Failure> {
        Ok(self.builder(traffic)?.build()?)
    }

    /// [`Self::harness`], which can still be changed.
    pub(crate) fn builder(&self, traffic: &Traffic) -> Result<HarnessBuilder, Failure> {
        let mut builder = Harness::builder()
            .limits(self.limits.limits())
            .compiler(match self.compiler {
                CompilerOption::Cranelift => Compiler::Cranelift,
                CompilerOption::Winch => Compiler::Winch,
            })
            .blocked_networks(self.blocked_networks()?);
        builder = traffic.apply(builder);
        for origin in &self.h2c {
            builder = builder.h2c(origin.clone());
        }
        for path in &self.root_certificates {
            builder = builder.root_certificate_file(path)?;
        }
        Ok(builder)
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
