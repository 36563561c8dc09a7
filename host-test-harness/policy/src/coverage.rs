//! Finds entries that another entry makes redundant.

use std::ops::RangeInclusive;

use crate::origin::Scheme;
use crate::own_application::INTERNAL_DOMAIN;
use crate::scope::{Hosts, Scope};

impl Scope {
    /// Returns whether `self` permits every request that `other` permits. False if `other` permits nothing.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing(_), _) | (_, Self::Nothing(_)) => false,
            (
                Self::OwnApplication { .. }
                | Self::Hosts {
                    hosts: Hosts::Any, ..
                },
                Self::OwnApplication { .. },
            ) => true,
            (Self::OwnApplication { .. }, Self::Hosts { .. })
            | (Self::Hosts { .. }, Self::OwnApplication { .. }) => false,
            (
                Self::Hosts {
                    schemes,
                    hosts,
                    ports,
                },
                Self::Hosts {
                    schemes: other_schemes,
                    hosts: other_hosts,
                    ports: other_ports,
                },
            ) => {
                hosts.cover(other_hosts)
                    && Scheme::BOTH
                        .into_iter()
                        .filter(|scheme| other_schemes.contain(*scheme))
                        .all(|scheme| {
                            schemes.contain(scheme)
                                && encloses(&ports.of(scheme), &other_ports.of(scheme))
                        })
            }
        }
    }
}

impl Hosts {
    fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (Self::Components, Self::Components) => true,
            (hosts, Self::Exactly(host)) => hosts.contain(host),
            (Self::Subdomains(suffix), Self::Subdomains(other)) => other.ends_with(suffix),
            (Self::Subdomains(suffix), Self::Components) => {
                format!(".{INTERNAL_DOMAIN}").ends_with(suffix)
            }
            (Self::Network(network), Self::Network(other)) => network.contains(other),
            (
                Self::Subdomains(_) | Self::Components | Self::Exactly(_) | Self::Network(_),
                Self::Any | Self::Subdomains(_) | Self::Components | Self::Network(_),
            ) => false,
        }
    }
}

fn encloses(outer: &RangeInclusive<u16>, inner: &RangeInclusive<u16>) -> bool {
    outer.start() <= inner.start() && inner.end() <= outer.end()
}
