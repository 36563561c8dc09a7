//! What each entry of an allow-list permits.

use std::fmt;

use crate::allow_list::AllowList;
use crate::decision::Decision;
use crate::evaluation::Evaluation;
use crate::rule::Rule;
use crate::target::Target;

/// What each entry of an allow-list permits and, for a target, which entries match it.
///
/// `Display` is one line for the decision, if there is a target, and one for each entry.
///
/// ```
/// use outbound_policy::{AllowList, Target};
///
/// let list = AllowList::from_allowed_outbound_hosts(["https://api.test"], |_| None)?;
/// let target = Target::parse("http://api.test/", None)?;
/// assert_eq!(
///     list.explain(Some(&target)).rules[0].to_string(),
///     "`https://api.test` permits https requests to api.test on port 443; it names this URI host for another scheme",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation<'a> {
    /// The decision about the target; `None` without a target.
    pub decision: Option<Decision<'a>>,
    /// The entries, in the order of the list.
    pub rules: Vec<RuleExplanation<'a>>,
}

/// What one entry permits. `Display` is a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleExplanation<'a> {
    /// The entry.
    pub rule: &'a Rule,
    /// Whether the entry permits the target, and if not, why; `None` without a target.
    pub evaluation: Option<Evaluation>,
}

impl AllowList {
    /// Explains what each entry permits and, with a target, which entries match it.
    pub fn explain(&self, target: Option<&Target>) -> Explanation<'_> {
        let rules = self.rules().map(|rule| RuleExplanation {
            rule,
            evaluation: target.map(|target| rule.evaluate(target)),
        });
        Explanation {
            decision: target.map(|target| self.evaluate(target)),
            rules: rules.collect(),
        }
    }
}

impl fmt::Display for RuleExplanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(f)?;
        match self.evaluation {
            // The rule's own text says so already.
            None | Some(Evaluation::PermitsNothing) => Ok(()),
            Some(evaluation) => write!(f, "; it {evaluation}"),
        }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = match &self.decision {
            Some(decision) => {
                writeln!(f, "{decision}")?;
                "  "
            }
            None => "",
        };
        if self.rules.is_empty() && self.decision.is_none() {
            f.write_str("the allow-list is empty, so every request is denied\n")?;
        }
        self.rules
            .iter()
            .try_for_each(|rule| writeln!(f, "{indent}{rule}"))
    }
}
