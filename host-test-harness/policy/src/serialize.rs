//! The JSON of decisions, warnings, explanations, targets and errors. Each value has a `message`, its `Display`.

use serde::{Serialize, Serializer};

use crate::blocked_networks::BlockedAddress;
use crate::decision::Decision;
use crate::explanation::{Explanation, RuleExplanation};
use crate::invalid_entry::{InvalidEntries, InvalidEntry};
use crate::invalid_uri::InvalidUri;
use crate::target::Target;
use crate::warning::Warning;

#[derive(Serialize)]
struct Allowed<'a> {
    allowed: bool,
    list: &'static str,
    entry: &'a str,
    message: String,
}

#[derive(Serialize)]
struct Denied<'a> {
    allowed: bool,
    list: &'static str,
    reason: &'static str,
    nearest: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_to_add: Option<&'a str>,
    message: String,
}

impl Serialize for Decision<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.to_string();
        match self {
            Self::Allow(rule) => Allowed {
                allowed: true,
                list: rule.list().manifest_key(),
                entry: rule.entry(),
                message,
            }
            .serialize(serializer),
            Self::Deny(denial) => Denied {
                allowed: false,
                list: denial.list().manifest_key(),
                reason: denial.reason().code(),
                nearest: denial.reason().nearest(),
                entry_to_add: denial.entry_to_add(),
                message,
            }
            .serialize(serializer),
        }
    }
}

#[derive(Serialize)]
struct Finding<'a> {
    list: &'static str,
    entry: &'a str,
    warning: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    covered_by: Option<&'a str>,
    message: String,
}

impl Serialize for Warning<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Finding {
            list: self.rule().list().manifest_key(),
            entry: self.rule().entry(),
            warning: self.code(),
            covered_by: self.covered_by().map(|rule| rule.entry()),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Explained<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a Decision<'a>>,
    rules: &'a [RuleExplanation<'a>],
}

impl Serialize for Explanation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Explained {
            decision: self.decision.as_ref(),
            rules: &self.rules,
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct ExplainedRule<'a> {
    list: &'static str,
    entry: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<&'static str>,
    message: String,
}

impl Serialize for RuleExplanation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ExplainedRule {
            list: self.rule.list().manifest_key(),
            entry: self.rule.entry(),
            evaluation: self.evaluation.map(|evaluation| evaluation.code()),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Parsed<'a> {
    url: &'a str,
    is_self: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_component: Option<&'a str>,
    dropped_user_info: bool,
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Parsed {
            url: self.url().as_str(),
            is_self: self.is_self(),
            internal_component: self.internal_component(),
            dropped_user_info: self.dropped_user_info(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct InvalidList<'a> {
    kind: &'static str,
    entries: &'a [InvalidEntry],
    message: String,
}

impl Serialize for InvalidEntries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        InvalidList {
            kind: "invalid-entries",
            entries: self.entries(),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Invalid<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
    kind: &'static str,
    message: String,
}

impl Serialize for InvalidEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Invalid {
            entry: Some(self.entry()),
            kind: self.kind().code(),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}

impl Serialize for InvalidUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Invalid {
            entry: None,
            kind: self.kind().code(),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Blocked {
    network: String,
    message: String,
}

impl Serialize for BlockedAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Blocked {
            network: self.network(),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}
