//! The networks that do not belong to the public internet.
//!
//! The sources are IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890), without the globally
//! reachable networks, and multicast (RFC 5771, RFC 4291). The table is maintained by hand because the check of the
//! standard library is unstable and other crates lack the networks that were registered after RFC 6890.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Each network and its purpose. A network inside another network precedes it.
pub(crate) const SPECIAL_NETWORKS: [(IpNet, &str); 29] = [
    (ipv4([0, 0, 0, 0], 8), "this host"),    // RFC 791
    (ipv4([10, 0, 0, 0], 8), "private use"), // RFC 1918
    (ipv4([100, 64, 0, 0], 10), "shared by carriers, CGNAT"), // RFC 6598
    (ipv4([127, 0, 0, 0], 8), "loopback"),   // RFC 1122
    (ipv4([169, 254, 0, 0], 16), "link-local"), // RFC 3927
    (ipv4([172, 16, 0, 0], 12), "private use"), // RFC 1918
    (ipv4([192, 0, 0, 0], 24), "IETF protocols"), // RFC 6890
    (ipv4([192, 0, 2, 0], 24), "documentation"), // RFC 5737
    (ipv4([192, 168, 0, 0], 16), "private use"), // RFC 1918
    (ipv4([198, 18, 0, 0], 15), "benchmarking"), // RFC 2544
    (ipv4([198, 51, 100, 0], 24), "documentation"), // RFC 5737
    (ipv4([203, 0, 113, 0], 24), "documentation"), // RFC 5737
    (ipv4([224, 0, 0, 0], 4), "multicast"),  // RFC 5771
    (ipv4([255, 255, 255, 255], 32), "broadcast"), // RFC 919
    (ipv4([240, 0, 0, 0], 4), "reserved"),   // RFC 1112
    (ipv6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"), // RFC 4291
    (ipv6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"), // RFC 4291
    (
        ipv6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
        "local translation",
    ), // RFC 8215
    (ipv6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discarded"), // RFC 6666
    (ipv6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), "dummy"), // RFC 9780
    (ipv6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "benchmarking"), // RFC 5180
    (ipv6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "IETF protocols"), // RFC 2928
    (ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"), // RFC 3849
    (ipv6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"), // RFC 9637
    (ipv6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "segment routing"), // RFC 9602
    (ipv6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique-local"), // RFC 4193
    (ipv6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"), // RFC 4291
    (ipv6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"), // RFC 3879
    (ipv6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"), // RFC 4291
];

const fn ipv4([a, b, c, d]: [u8; 4], prefix_length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(
        Ipv4Addr::new(a, b, c, d),
        prefix_length,
    ))
}

const fn ipv6([a, b, c, d, e, f, g, h]: [u16; 8], prefix_length: u8) -> IpNet {
    let address = Ipv6Addr::new(a, b, c, d, e, f, g, h);
    IpNet::V6(Ipv6Net::new_assert(address, prefix_length))
}
