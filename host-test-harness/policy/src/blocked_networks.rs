//! The check of addresses after name resolution.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::display::quoted;
use crate::embedded_address::{Embedding, embedded, unmapped};
use crate::network;
use crate::special_networks::SPECIAL_NETWORKS;

/// The networks that no component may reach, whatever its allow-list permits. None by default.
///
/// A name on an allow-list can resolve to any address. So the host checks each address before it dials it,
/// including an address in the URL itself, and dials the address that it checked.
///
/// ```
/// use outbound_policy::BlockedNetworks;
///
/// let blocked = BlockedNetworks::default().block_private().block("203.0.114.0/24")?;
/// assert!(blocked.check("93.184.216.34".parse()?).is_ok());
///
/// let error = blocked.check("::ffff:169.254.169.254".parse()?).expect_err("a cloud's metadata");
/// assert_eq!(
///     error.to_string(),
///     "the address ::ffff:169.254.169.254 is denied: it embeds 169.254.169.254 (IPv4-mapped), \
///      which is in 169.254.0.0/16 (link-local), which `--block-private` blocks",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedNetworks {
    blocks_private: bool,
    networks: Vec<IpNet>,
}

/// An address that must not be dialled, and the reason. `Display` is a sentence for the host's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedAddress {
    address: IpAddr,
    holds: Option<(IpAddr, Embedding)>,
    network: IpNet,
    /// The purpose of a special network; `None` for a network that [`BlockedNetworks::block`] was called with.
    purpose: Option<&'static str>,
}

/// Text that is neither a network nor an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork {
    text: String,
}

impl BlockedNetworks {
    /// Blocks every network that does not belong to the public internet.
    ///
    /// These are the networks that IANA's registries of special-purpose addresses list as not globally
    /// reachable, multicast, and the former site-local addresses:
    ///
    /// | IPv4 | IPv6 | purpose |
    /// |---|---|---|
    /// | 0.0.0.0/8 | ::/128 | this host, unspecified |
    /// | 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 | fc00::/7, fec0::/10 | private use, unique-local, site-local |
    /// | 100.64.0.0/10 | | shared by carriers (CGNAT) |
    /// | 127.0.0.0/8 | ::1/128 | loopback |
    /// | 169.254.0.0/16 | fe80::/10 | link-local, metadata of clouds |
    /// | 192.0.0.0/24 | 2001::/23 | IETF protocols, with the few public services among them |
    /// | 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 | 2001:db8::/32, 3fff::/20 | documentation |
    /// | 198.18.0.0/15 | | benchmarking |
    /// | | 64:ff9b:1::/48 | local translation to IPv4 |
    /// | | 100::/64, 100:0:0:1::/64 | discarded, dummy |
    /// | | 5f00::/16 | segment routing |
    /// | 224.0.0.0/4 | ff00::/8 | multicast |
    /// | 240.0.0.0/4, 255.255.255.255/32 | | reserved, broadcast |
    #[must_use]
    pub fn block_private(mut self) -> Self {
        self.blocks_private = true;
        self
    }

    /// Blocks a network, such as `203.0.113.0/24` or `2001:db8::/32`, or one address.
    /// Bits after the prefix are ignored, and IPv4-mapped addresses are IPv4 addresses.
    ///
    /// # Errors
    ///
    /// [`InvalidNetwork`] if `network` is neither a network nor an address.
    pub fn block(mut self, network: &str) -> Result<Self, InvalidNetwork> {
        let address = || network.parse::<IpAddr>().ok().map(IpNet::from);
        match network::parse(network).or_else(address) {
            Some(network) => self.networks.push(unmapped(network).trunc()),
            None => {
                let text = network.to_owned();
                return Err(InvalidNetwork { text });
            }
        }
        Ok(self)
    }

    /// Returns whether no network is blocked.
    pub fn is_empty(&self) -> bool {
        !self.blocks_private && self.networks.is_empty()
    }

    /// Checks whether `address` may be dialled.
    ///
    /// A packet to an IPv6 address with an embedded IPv4 address can reach that IPv4 address, so both are checked:
    /// IPv4-mapped (`::ffff:0:0/96`), IPv4-compatible (`::/96`), NAT64 (`64:ff9b::/96`), 6to4 (`2002::/16`, the first
    /// four bytes after the prefix) and Teredo (`2001::/32`, server and client).
    ///
    /// # Errors
    ///
    /// [`BlockedAddress`] holds the first network that contains the address.
    /// The networks of [`BlockedNetworks::block`] come first.
    pub fn check(&self, address: IpAddr) -> Result<(), BlockedAddress> {
        let itself = std::iter::once((address, None));
        let held = embedded(address).map(|(held, embedding)| (held, Some((held, embedding))));
        for (candidate, holds) in itself.chain(held) {
            if let Some((network, purpose)) = self.network_of(candidate) {
                return Err(BlockedAddress {
                    address,
                    holds,
                    network,
                    purpose,
                });
            }
        }
        Ok(())
    }

    fn network_of(&self, address: IpAddr) -> Option<(IpNet, Option<&'static str>)> {
        let given = self.networks.iter().map(|network| (*network, None));
        let special = SPECIAL_NETWORKS
            .iter()
            .filter(|_| self.blocks_private)
            .map(|(network, purpose)| (*network, Some(*purpose)));
        given
            .chain(special)
            .find(|(network, _)| network.contains(&address))
    }
}

impl BlockedAddress {
    /// The address that must not be dialled.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The network that blocks it, such as `10.0.0.0/8`.
    pub fn network(&self) -> String {
        self.network.to_string()
    }
}

impl fmt::Display for BlockedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address {} is denied: it ", self.address)?;
        if let Some((held, embedding)) = &self.holds {
            write!(f, "embeds {held} ({embedding}), which ")?;
        }
        match self.purpose {
            Some(purpose) => write!(
                f,
                "is in {} ({purpose}), which `--block-private` blocks",
                self.network
            ),
            None => write!(f, "is in {0}, which `--block {0}` blocks", self.network),
        }
    }
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not a network; use an address and a prefix length, such as `10.0.0.0/8` or `fd00::/8`, \
             or a single address",
            quoted(&self.text)
        )
    }
}

impl Error for BlockedAddress {}

impl Error for InvalidNetwork {}
