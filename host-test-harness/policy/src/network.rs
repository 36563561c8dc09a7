//! Networks as users write them.

use std::net::IpAddr;

use ipnet::IpNet;

/// An address and the length of its prefix.
///
/// `ipnet` alone reads `010.0.0.0/8` as `10.0.0.0/8`, which another parser takes for octal: `8.0.0.0/8`.
pub(crate) fn parse(text: &str) -> Option<IpNet> {
    let (address, _) = text.split_once('/')?;
    address.parse::<IpAddr>().ok()?;
    text.parse().ok()
}
