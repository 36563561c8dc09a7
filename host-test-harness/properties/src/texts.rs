//! No text makes the policy panic, and valid values keep the promises of their documentation.

use std::net::IpAddr;

use outbound_policy::display::printable;
use outbound_policy::{
    AllowList, BlockedNetworks, Decision, Evaluation, InvalidEntries, Origin, Rule, Target, Usage,
    redacted,
};

use crate::decision::{check_decision, check_line};

/// The maximum number of texts, which are compared with each other.
const MAX_TEXTS: usize = 12;

/// Splits `input` into texts at empty lines, and runs [`check_texts`].
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let texts: Vec<&str> = text.split("\n\n").take(MAX_TEXTS).collect();
    check_texts(&texts);
}

/// Checks each text as an entry of either list, a template, the value of a variable, a URI, a network, an address and
/// an origin.
pub fn check_texts(texts: &[&str]) {
    for text in texts {
        check_line(&redacted(text));
        check_line(&printable(text));
        check_origin(text);
        check_network(text, texts);
    }
    let targets: Vec<Target> = texts.iter().filter_map(|text| target(text)).collect();
    let list = valid_entries(texts);
    check_list(&list, &targets);
}

fn target(text: &str) -> Option<Target> {
    let self_origin = Origin::parse("http://127.0.0.1:3000").expect("an origin");
    match Target::parse(text, Some(&self_origin)) {
        Ok(target) => Some(target),
        Err(error) => {
            check_line(&error.to_string());
            None
        }
    }
}

/// The allow-list of the texts that are valid entries of either list.
fn valid_entries(texts: &[&str]) -> AllowList {
    // `{{ a }}` expands to the first text, `{{ b }}` to the second one.
    let variables = |name: &str| {
        let position = ["a", "b"].iter().position(|known| *known == name)?;
        texts.get(position).map(|text| (*text).to_owned())
    };
    let mut list = AllowList::default();
    for text in texts {
        for read in [
            AllowList::from_allowed_http_hosts([text]),
            AllowList::from_allowed_outbound_hosts([text], variables),
        ] {
            match read {
                Ok(more) => list = list.and(more),
                Err(error) => check_invalid(&error),
            }
        }
    }
    list
}

fn check_invalid(error: &InvalidEntries) {
    let [entry] = error.entries() else {
        panic!("expected one invalid entry: {error:?}");
    };
    check_line(&entry.to_string());
}

fn check_list(list: &AllowList, targets: &[Target]) {
    for rule in list.rules() {
        check_line(&rule.to_string());
    }
    for warning in list.warnings() {
        check_line(&warning.to_string());
        if let Some(by) = warning.covered_by() {
            let covers = |target: &Target| {
                !is_permitted_by(target, warning.rule()) || is_permitted_by(target, by)
            };
            assert!(targets.iter().all(covers), "{warning}");
        }
    }
    let mut usage = Usage::default();
    for target in targets {
        let decision = list.evaluate(target);
        check_decision(target, &decision);
        usage.record(target, &decision);
    }
    let used = list.rules().count() - usage.unused(list).count();
    let n_allowed = targets
        .iter()
        .filter(|target| matches!(list.evaluate(target), Decision::Allow(_)))
        .count();
    assert_eq!(used > 0, n_allowed > 0);
    assert!(usage.sufficient().count() <= n_allowed);
}

fn is_permitted_by(target: &Target, rule: &Rule) -> bool {
    rule.evaluate(target) == Evaluation::Permits
}

fn check_origin(text: &str) {
    match Origin::parse(text) {
        Ok(origin) => {
            let printed = origin.to_string();
            assert_eq!(Origin::parse(&printed).ok(), Some(origin), "{printed}");
        }
        Err(error) => check_line(&error.to_string()),
    }
}

/// A network blocks its addresses, and an address blocks itself.
fn check_network(text: &str, texts: &[&str]) {
    let blocked = match BlockedNetworks::default().block(text) {
        Ok(blocked) => blocked,
        Err(error) => return check_line(&error.to_string()),
    };
    let address = text.split('/').next().unwrap_or_default();
    let address: IpAddr = address.parse().expect("a network starts with an address");
    assert!(blocked.check(address).is_err(), "{text} has {address}");
    for address in texts.iter().filter_map(|text| text.parse::<IpAddr>().ok()) {
        for blocked in [blocked.clone(), blocked.clone().block_private()] {
            if let Err(error) = blocked.check(address) {
                check_line(&error.to_string());
                assert_eq!(error.address(), address);
                let network = BlockedNetworks::default().block(&error.network());
                let network = network.expect("the message shows a valid network");
                assert!(network.check(address).is_err(), "{error}");
            }
        }
    }
}
