//! IPv4 addresses embedded in IPv6 addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// How an IPv6 address embeds an IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// `::ffff:0:0/96`, RFC 4291 section 2.5.5.2.
    Mapped,
    /// `::/96`, RFC 4291 section 2.5.5.1, deprecated.
    Compatible,
    /// `64:ff9b::/96`, RFC 6052.
    Nat64,
    /// `2002::/16`, RFC 3056.
    SixToFour,
    /// The server of `2001::/32`, RFC 4380.
    TeredoServer,
    /// The client of `2001::/32`, with all bits inverted.
    TeredoClient,
}

/// The IPv4 addresses that a packet to `address` may reach.
pub(crate) fn embedded(address: IpAddr) -> impl Iterator<Item = (IpAddr, Embedding)> {
    let found = match address {
        IpAddr::V4(_) => [None, None],
        IpAddr::V6(address) => in_ipv6(address),
    };
    found.into_iter().flatten()
}

/// Converts a network of IPv4-mapped addresses into the IPv4 network; returns any other network unchanged.
pub(crate) fn unmapped(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V4(_) => None,
        IpNet::V6(network) => network
            .addr()
            .to_ipv4_mapped()
            .zip(network.prefix_len().checked_sub(96)),
    };
    mapped
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, IpNet::V4)
}

fn in_ipv6(address: Ipv6Addr) -> [Option<(IpAddr, Embedding)>; 2] {
    let ipv4 = |high: u16, low: u16, embedding: Embedding| {
        let bits = u32::from(high) << 16 | u32::from(low);
        Some((IpAddr::V4(Ipv4Addr::from_bits(bits)), embedding))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => [ipv4(high, low, Embedding::Mapped), None],
        // The unspecified address and loopback embed no IPv4 address.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None, None],
        [0, 0, 0, 0, 0, 0, high, low] => [ipv4(high, low, Embedding::Compatible), None],
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [ipv4(high, low, Embedding::Nat64), None],
        [0x2002, high, low, ..] => [ipv4(high, low, Embedding::SixToFour), None],
        [0x2001, 0, server_high, server_low, _, _, high, low] => [
            ipv4(server_high, server_low, Embedding::TeredoServer),
            ipv4(!high, !low, Embedding::TeredoClient),
        ],
        _ => [None, None],
    }
}

impl fmt::Display for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mapped => "IPv4-mapped",
            Self::Compatible => "IPv4-compatible",
            Self::Nat64 => "NAT64",
            Self::SixToFour => "6to4",
            Self::TeredoServer => "Teredo server",
            Self::TeredoClient => "Teredo client",
        })
    }
}
