//! The properties of every decision.

use outbound_policy::{AllowList, Decision, Evaluation, HostList, Target};

/// The message of a denial is one line, and the entry in its hint permits the target.
pub(crate) fn check_decision(target: &Target, decision: &Decision<'_>) {
    match decision {
        Decision::Allow(rule) => assert_eq!(rule.evaluate(target), Evaluation::Permits),
        Decision::Deny(denial) => {
            check_line(&denial.to_string());
            let Some(entry) = denial.entry_to_add() else {
                return;
            };
            let list = match denial.list() {
                HostList::AllowedHttpHosts => AllowList::from_allowed_http_hosts([entry]),
                HostList::AllowedOutboundHosts => {
                    AllowList::from_allowed_outbound_hosts([entry], |_| None)
                }
            };
            let list = list.expect("the entry of a hint is valid");
            assert!(
                matches!(list.evaluate(target), Decision::Allow(_)),
                "{entry:?} does not permit {target:?}"
            );
        }
    }
}

/// A message for a log or a terminal is one line without control characters.
pub(crate) fn check_line(line: &str) {
    assert!(!line.contains(char::is_control), "{line:?}");
}
