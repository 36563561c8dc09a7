//! No text makes the policy panic, whatever it is read as; and what is accepted keeps its promises.

use std::net::IpAddr;

use outbound_policy::{
    AllowList, BlockedNetworks, Decision, Evaluation, InvalidEntries, Origin, Rule, Target, Usage,
    redacted,
};

use super::decision::{check_decision, check_line};

/// So many texts are compared with each other.
const MAX_TEXTS: usize = 12;

/// Reads `input` as texts with an empty line between them, each of which is taken for everything that a text can be:
/// an entry of either list, a template and a variable's value, a URI, a network, an address, an origin.
pub(crate) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let texts: Vec<&str> = text.split("\n\n").take(MAX_TEXTS).collect();
    check_texts(&texts);
}

pub(crate) fn check_texts(texts: &[&str]) {
    for text in texts {
        check_line(&redacted(text));
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

/// Both lists, of the texts that are valid entries of each.
fn valid_entries(texts: &[&str]) -> AllowList {
    // `{{ a }}` is the first text, `{{ b }}` the second one.
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
        panic!("one entry was given: {error:?}");
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

/// A network blocks the addresses that it has, and an address blocks itself.
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
                let network = network.expect("it is shown as it is given");
                assert!(network.check(address).is_err(), "{error}");
            }
        }
    }
}
