//! `blocked_networks.json`: the addresses that must not be dialled.

use std::net::IpAddr;

use outbound_policy::BlockedNetworks;
use serde::Deserialize;

use crate::table::{Named, check_rows, compare};

const TABLE: &str = include_str!("../../../conformance/policy/blocked_networks.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    block_private: bool,
    #[serde(default)]
    block: Vec<String>,
    want: Want,
    #[serde(rename = "differs_from_spin", default)]
    _differs_from_spin: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Want {
    Valid {
        blocked: Vec<Blocked>,
        permitted: Vec<IpAddr>,
    },
    /// The strings of `block` that are not networks.
    Invalid(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocked {
    address: IpAddr,
    by: String,
}

impl Named for Row {
    fn name(&self) -> &str {
        &self.name
    }
}

#[test]
fn every_row_holds() {
    check_rows(TABLE, |row: &Row| match &row.want {
        Want::Valid { blocked, permitted } => check(row, blocked, permitted),
        Want::Invalid(want) => {
            let is_invalid = |text: &&String| BlockedNetworks::default().block(text).is_err();
            let got: Vec<_> = row.block.iter().filter(is_invalid).cloned().collect();
            compare(&row.block, &got, want)
        }
    });
}

fn check(row: &Row, blocked: &[Blocked], permitted: &[IpAddr]) -> Result<(), String> {
    let mut networks = BlockedNetworks::default();
    if row.block_private {
        networks = networks.block_private();
    }
    for network in &row.block {
        networks = networks.block(network).map_err(|error| error.to_string())?;
    }
    let by = |address: IpAddr| networks.check(address).err().map(|error| error.network());
    for Blocked { address, by: want } in blocked {
        compare((&row.block, address), &by(*address), &Some(want.clone()))?;
    }
    for address in permitted {
        compare((&row.block, address), &by(*address), &None)?;
    }
    Ok(())
}

#[test]
fn a_blocked_address_is_reported_with_its_network_and_flag() {
    let networks = BlockedNetworks::default()
        .block_private()
        .block("1.2.3.4/24")
        .unwrap();
    let mut wrong = Vec::new();
    for (address, want) in [
        (
            "10.1.2.3",
            "the address 10.1.2.3 is denied: it is in 10.0.0.0/8 (private use), which `--block-private` blocks",
        ),
        (
            "1.2.3.9",
            "the address 1.2.3.9 is denied: it is in 1.2.3.0/24, which `--block 1.2.3.0/24` blocks",
        ),
        (
            "64:ff9b::7f00:1",
            "the address 64:ff9b::7f00:1 is denied: it embeds 127.0.0.1 (NAT64), which is in 127.0.0.0/8 (loopback), \
             which `--block-private` blocks",
        ),
    ] {
        let got = networks
            .check(address.parse().unwrap())
            .expect_err(address)
            .to_string();
        if got != want {
            wrong.push((got, want));
        }
    }
    assert_eq!(wrong, [], "(got, want)");
}

#[test]
fn an_invalid_network_is_reported_with_a_hint() {
    let error = BlockedNetworks::default()
        .block("localhost")
        .expect_err("an invalid network");
    assert_eq!(
        error.to_string(),
        "`localhost` is not a network; use an address and a prefix length, such as `10.0.0.0/8` or `fd00::/8`, \
         or a single address"
    );
}
