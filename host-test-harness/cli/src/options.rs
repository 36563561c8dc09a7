//! Options that several commands share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use spin_harness::{
    AllowList, BlockedNetworks, DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS,
    DEFAULT_INSTANCES, DEFAULT_REDIRECTS, DEFAULT_SELF_CALL_DEPTH, Guest, Harness, Limits,
    Manifest, Origin, SelfCalls,
};

use crate::report::Failure;

/// What the guest may call.
#[derive(Args, Clone)]
pub(crate) struct Permissions {
    /// Permit calls, as an entry of `allowed_outbound_hosts` in a Spin manifest: `https://HOST`,
    /// `http://HOST:PORT`, `https://*.DOMAIN`, `http://self` or `*://*:*`. Repeatable; what no entry
    /// permits is denied.
    #[arg(long = "allow-outbound-host", value_name = "ENTRY")]
    allow_outbound_hosts: Vec<String>,
    /// Permit calls, as an entry of `allowed_http_hosts` in a Spin manifest of version 1: `HOST`,
    /// `HOST:PORT`, `self` or `insecure:allow-all`. Repeatable.
    #[arg(long = "allow-http-host", value_name = "ENTRY")]
    allow_http_hosts: Vec<String>,
    /// Give a variable a value, for an entry such as `https://{{NAME}}`. Repeatable.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = parse_pair)]
    variables: Vec<(String, String)>,
}

impl Permissions {
    /// The list that the flags make, with its warnings in the log.
    pub(crate) fn allow_list(&self) -> Result<AllowList, Failure> {
        let list = self.read()?;
        for warning in list.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(list)
    }

    /// The list that the flags make: entries of `--allow-outbound-host` first, then the others.
    pub(crate) fn read(&self) -> Result<AllowList, Failure> {
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

/// The component, what surrounds it, and its limits.
#[derive(Args, Clone)]
pub(crate) struct GuestOptions {
    #[command(flatten)]
    permissions: Permissions,
    /// Permit what this manifest, or the `spin.toml` of this folder, permits its component, beside what the
    /// other flags permit. Variables have the values of `SPIN_VARIABLE_NAME`, or their defaults.
    #[arg(long = "permissions-from", value_name = "PATH")]
    manifest: Option<PathBuf>,
    /// Which component of the manifest, if there are several.
    #[arg(long = "component", value_name = "ID", requires = "manifest")]
    manifest_component: Option<String>,
    #[command(flatten)]
    surroundings: Surroundings,
    #[command(flatten)]
    harness: HarnessOptions,
}

impl GuestOptions {
    /// Builds the harness, loads the component and gives it what the options say.
    pub(crate) fn guest(&self, component: &Path) -> Result<Guest, Failure> {
        let mut allow_list = self.permissions.allow_list()?;
        if let Some(manifest) = &self.manifest {
            allow_list = allow_list.and(self.permitted_by(manifest)?);
        }
        let loaded = self.harness.harness()?.load_file(component)?;
        let name = component.file_stem().unwrap_or_default().to_string_lossy();
        Ok(self
            .surroundings
            .give(loaded.guest(name).allow_list(allow_list)))
    }

    fn permitted_by(&self, manifest: &Path) -> Result<AllowList, Failure> {
        let manifest = Manifest::read(manifest)?;
        let chosen = match (&self.manifest_component, &manifest.components[..]) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), _) => manifest.component(id),
        };
        let component = chosen.ok_or_else(|| {
            let ids = manifest.components.iter().map(|component| &*component.id);
            Failure::Usage(format!(
                "{}: name one of its components with `--component`: {}",
                manifest.path.display(),
                ids.collect::<Vec<_>>().join(", ")
            ))
        })?;
        Ok(manifest.allow_list(component)?)
    }
}

/// What a guest finds around it.
#[derive(Args, Clone)]
pub(crate) struct Surroundings {
    /// Give the guest an environment variable. Repeatable; nothing else is passed on.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_pair)]
    env: Vec<(String, String)>,
    /// Send the guest's `self` requests to this origin, such as `http://127.0.0.1:3000`.
    #[arg(long, value_name = "ORIGIN", value_parser = Origin::parse)]
    self_origin: Option<Origin>,
}

impl Surroundings {
    /// Gives them to `guest`.
    pub(crate) fn give(&self, mut guest: Guest) -> Guest {
        for (name, value) in &self.env {
            guest = guest.env(name, value);
        }
        if let Some(origin) = &self.self_origin {
            guest = guest.self_calls(SelfCalls::Origin(origin.clone()));
        }
        guest
    }
}

/// The network and the limits.
#[derive(Args, Clone)]
pub(crate) struct HarnessOptions {
    /// Trust the certificates of this PEM file, beside those of the system. Repeatable.
    #[arg(long = "ca", value_name = "FILE")]
    root_certificates: Vec<PathBuf>,
    /// Deny calls to addresses that are not public, whatever name they have.
    #[arg(long)]
    block_private: bool,
    /// Deny calls to the addresses of a network, such as `203.0.113.0/24`. Repeatable.
    #[arg(long = "block", value_name = "CIDR")]
    block: Vec<String>,
    #[command(flatten)]
    limits: LimitOptions,
}

impl HarnessOptions {
    pub(crate) fn harness(&self) -> Result<Harness, Failure> {
        let mut blocked = BlockedNetworks::default();
        if self.block_private {
            blocked = blocked.block_private();
        }
        for network in &self.block {
            blocked = blocked
                .block(network)
                .map_err(|error| Failure::Usage(format!("--block: {error}")))?;
        }
        let mut builder = Harness::builder()
            .limits(self.limits.limits())
            .blocked_networks(blocked);
        for path in &self.root_certificates {
            let pem = std::fs::read(path)
                .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            builder = builder.root_certificates(pem);
        }
        Ok(builder.build()?)
    }
}

/// `NAME=VALUE`.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("write NAME=VALUE".to_owned()),
    }
}

/// One flag for each limit. Times carry a unit (`500ms`, `10s`, `2m`), and so may sizes (`64KiB`, `1GiB`).
#[derive(Args, Clone)]
#[command(next_help_heading = "Limits")]
struct LimitOptions {
    /// How long one invocation may take.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    wall_time: humantime::Duration,
    /// The guest's linear memory.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    max_memory: ByteSize,
    /// The body of an outbound request, and of one that `up` receives.
    #[arg(long, value_name = "SIZE", default_value = "128MiB")]
    max_request_body: ByteSize,
    /// The body of a response, an upstream's or the guest's own.
    #[arg(long, value_name = "SIZE", default_value = "128MiB")]
    max_response_body: ByteSize,
    /// Names and values of a header section, both ways.
    #[arg(long, value_name = "SIZE", default_value = "256KiB")]
    max_header_section: ByteSize,
    /// Fields of a header section, both ways.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_HEADER_FIELDS)]
    max_header_fields: usize,
    /// Resolution, connection and TLS handshake together.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    connect_timeout: humantime::Duration,
    /// One outbound call to its last byte, redirects included.
    #[arg(long, value_name = "TIME", default_value = "30s")]
    response_timeout: humantime::Duration,
    /// Redirects to follow; 0 hands the 3xx to the guest.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_REDIRECTS)]
    max_redirects: u32,
    /// How deep self calls in process may nest.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_SELF_CALL_DEPTH)]
    max_self_call_depth: u32,
    /// Outbound calls of one invocation [default: no limit]
    #[arg(long, value_name = "COUNT")]
    max_outbound_calls: Option<u32>,
    /// Connections to one upstream at a time.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_CONNECTIONS_PER_UPSTREAM)]
    max_connections: usize,
    /// Instances at a time; each reserves 4 GiB of address space.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_INSTANCES)]
    max_instances: u32,
}

impl LimitOptions {
    fn limits(&self) -> Limits {
        Limits {
            wall_time: Duration::from(self.wall_time),
            memory_bytes: bytes(self.max_memory),
            request_body_bytes: bytes(self.max_request_body),
            response_body_bytes: bytes(self.max_response_body),
            header_section_bytes: bytes(self.max_header_section),
            header_fields: self.max_header_fields,
            connect_timeout: Duration::from(self.connect_timeout),
            response_timeout: Duration::from(self.response_timeout),
            redirects: self.max_redirects,
            self_call_depth: self.max_self_call_depth,
            outbound_calls: self.max_outbound_calls,
            connections_per_upstream: self.max_connections,
            instances: self.max_instances,
        }
    }
}

fn bytes(size: ByteSize) -> usize {
    usize::try_from(size.as_u64()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limits: LimitOptions,
    }

    #[test]
    fn the_defaults_of_the_flags_are_those_of_the_library() {
        assert_eq!(
            Command::parse_from(["command"]).limits.limits(),
            Limits::default()
        );
    }
}
