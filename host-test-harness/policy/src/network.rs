//! Parses networks as users write them.

use std::net::IpAddr;

use ipnet::IpNet;

/// Parses an address with a prefix length.
///
/// `ipnet` alone reads `010.0.0.0/8` as `10.0.0.0/8`, and another parser reads octal: `8.0.0.0/8`.
pub(crate) fn parse(text: &str) -> Option<IpNet> {
    let (address, _) = text.split_once('/')?;
    address.parse::<IpAddr>().ok()?;
    text.parse().ok()
}
