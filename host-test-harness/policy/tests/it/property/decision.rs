//! What holds for every decision.

use outbound_policy::{AllowList, Decision, Evaluation, HostList, Target};

/// What a decision says is one line, and the entry that it names permits the target.
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
            let list = list.expect("a hint is a valid entry");
            assert!(
                matches!(list.evaluate(target), Decision::Allow(_)),
                "{entry:?} does not permit {target:?}"
            );
        }
    }
}

/// A text for a log or a terminal is one line that shows no control character.
pub(crate) fn check_line(line: &str) {
    assert!(!line.contains(char::is_control), "{line:?}");
}
