//! One flag for each limit of the library, with the same default and the same range.

use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use clap::builder::{RangedU64ValueParser, TypedValueParser};
use spin_harness::Limits;
use spin_harness::limits::{
    DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS, DEFAULT_INSTANCES, DEFAULT_REDIRECTS,
    DEFAULT_SELF_CALL_DEPTH,
};

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;

/// The limits of every invocation.
#[derive(Args, Clone)]
#[command(
    next_help_heading = "Limits (TIME is like 500ms, 10s or 2m; SIZE is like 64KiB or 1GiB, or a number of bytes)"
)]
pub(super) struct LimitOptions {
    /// Maximum time of one invocation; while it streams a response, since the last piece of the body.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    wall_time: humantime::Duration,
    /// Maximum linear memory of one instance, 64KiB to 4GiB.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size(64 * KIB, 4 * GIB))]
    max_memory: ByteSize,
    /// Maximum size of the body of an outbound request, and of a request that `up` receives.
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = size(0, u64::MAX))]
    max_request_body: ByteSize,
    /// Maximum size of the body of a response, from an upstream or from the guest.
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = size(0, u64::MAX))]
    max_response_body: ByteSize,
    /// Maximum size of all names and values of a header section, 8KiB to 1GiB, for requests and responses.
    #[arg(long, value_name = "SIZE", default_value = "256KiB", value_parser = size(8 * KIB, GIB))]
    max_header_section: ByteSize,
    /// Maximum number of fields in a header section, 1 to 24000, for requests and responses.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_HEADER_FIELDS, value_parser = count(24_000))]
    max_header_fields: usize,
    /// Maximum time for DNS resolution, connection and TLS handshake together.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    connect_timeout: humantime::Duration,
    /// Maximum time of one outbound call of `fermyon:spin/http` until its last byte, redirects included; of
    /// `wasi:http` until the head of the response, and then from one piece of its body to the next.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    response_timeout: humantime::Duration,
    /// Maximum number of redirects to follow. With 0, the guest gets the redirect itself.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_REDIRECTS)]
    max_redirects: u32,
    /// Maximum nesting of in-process `self` calls.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_SELF_CALL_DEPTH)]
    max_self_call_depth: u32,
    /// Maximum number of outbound calls of one invocation [default: unlimited]
    #[arg(long, value_name = "COUNT")]
    max_outbound_calls: Option<u32>,
    /// Maximum number of open connections to one upstream, 1 to 100000.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_CONNECTIONS_PER_UPSTREAM, value_parser = count(100_000))]
    max_connections: usize,
    /// Maximum number of live instances, 1 to 10000. Each reserves 4 GiB of address space.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_INSTANCES, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    max_instances: u32,
}

impl LimitOptions {
    pub(super) fn limits(&self) -> Limits {
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

/// Parses a size from `lowest` to `highest` bytes.
fn size(
    lowest: u64,
    highest: u64,
) -> impl Fn(&str) -> Result<ByteSize, String> + Clone + Send + Sync + 'static {
    move |text| {
        let size: ByteSize = text.parse().map_err(|error| {
            format!("{error}; expected a size, such as 64KiB, 1GiB or a number of bytes")
        })?;
        if (lowest..=highest).contains(&size.as_u64()) {
            Ok(size)
        } else {
            Err(format!(
                "{} bytes is not in {lowest}..={highest}",
                size.as_u64()
            ))
        }
    }
}

fn time(text: &str) -> Result<humantime::Duration, String> {
    text.parse().map_err(|error| {
        format!("{error}; expected a number with a unit, such as 500ms, 10s or 2m")
    })
}

/// Parses a number from 1 to `highest`.
fn count(highest: u64) -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<usize>::new().range(1..=highest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use spin_harness::Harness;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limits: LimitOptions,
    }

    fn parse(arguments: &[&str]) -> Result<Limits, clap::Error> {
        let command = Command::try_parse_from([&["command"], arguments].concat())?;
        Ok(command.limits.limits())
    }

    #[test]
    fn the_flags_have_the_defaults_of_the_library() {
        assert_eq!(parse(&[]).unwrap(), Limits::default());
    }

    #[test]
    fn the_flags_have_the_ranges_of_the_library() {
        let set = |change: fn(&mut Limits, usize)| {
            move |value: usize| {
                let mut limits = Limits::default();
                change(&mut limits, value);
                limits
            }
        };
        let memory = set(|limits, value| limits.memory_bytes = value);
        let header_section = set(|limits, value| limits.header_section_bytes = value);
        let header_fields = set(|limits, value| limits.header_fields = value);
        let connections = set(|limits, value| limits.connections_per_upstream = value);
        let instances = set(|limits, value| limits.instances = u32::try_from(value).unwrap());
        let mut problems = Vec::new();
        for (flag, lowest, highest, limits) in [
            (
                "--max-memory",
                64 << 10,
                4 << 30,
                &memory as &dyn Fn(usize) -> Limits,
            ),
            ("--max-header-section", 8 << 10, 1 << 30, &header_section),
            ("--max-header-fields", 1, 24_000, &header_fields),
            ("--max-connections", 1, 100_000, &connections),
            ("--max-instances", 1, 10_000, &instances),
        ] {
            for value in [lowest, highest] {
                match parse(&[flag, &value.to_string()]) {
                    Ok(got) if got == limits(value) => {}
                    other => problems.push(format!("{flag} {value}: {other:?}")),
                }
            }
            for value in [lowest - 1, highest + 1] {
                if let Ok(got) = parse(&[flag, &value.to_string()]) {
                    problems.push(format!("{flag} {value}: {got:?}"));
                }
                if Harness::builder().limits(limits(value)).build().is_ok() {
                    problems.push(format!("the library accepts {flag} {value}"));
                }
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
