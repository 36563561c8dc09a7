//! The result of a run for a page and for programs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Group, Trial, Verdict};

const INTRODUCTION: &str = "\
# Conformance

Written by `cargo xtask conformance`; the scenarios are in `host-test-harness/conformance/scenarios/`.
A cell says how many scenarios of a group the probe of an SDK passes.

";

/// Trials of one group with one subject.
#[derive(Default)]
struct Count {
    passed: usize,
    known: usize,
    failed: usize,
    not_applicable: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Known(_) => &mut self.known,
            Verdict::Failed(_) | Verdict::Vanished(_) => &mut self.failed,
            Verdict::NotApplicable => &mut self.not_applicable,
        } += 1;
    }

    fn cell(&self) -> String {
        let n_run = self.passed + self.known + self.failed;
        let mut cell = format!("{} of {n_run}", self.passed);
        for (count, what) in [(self.known, "known"), (self.failed, "failed")] {
            if count > 0 {
                cell += &format!(", {count} {what}");
            }
        }
        cell
    }
}

/// The matrix by group and subject, in Markdown; the same trials give the same text.
#[must_use]
pub fn markdown(trials: &[Trial]) -> String {
    let subjects: BTreeSet<&str> = trials.iter().map(|trial| &*trial.subject).collect();
    let mut counts: BTreeMap<(Group, &str), Count> = BTreeMap::new();
    let mut totals: BTreeMap<&str, Count> = BTreeMap::new();
    for trial in trials {
        let count = counts.entry((trial.group, &trial.subject)).or_default();
        count.add(&trial.verdict);
        totals
            .entry(&trial.subject)
            .or_default()
            .add(&trial.verdict);
    }
    let groups: BTreeSet<Group> = counts.keys().map(|(group, _)| *group).collect();
    let mut rows = Vec::new();
    let names = subjects.iter().map(|name| (*name).to_owned());
    rows.push(std::iter::once("group".to_owned()).chain(names).collect());
    rows.push(vec!["---".to_owned(); subjects.len() + 1]);
    for group in groups {
        let cells = subjects.iter().map(|subject| {
            let count = counts.get(&(group, *subject));
            count.map_or_else(|| "-".to_owned(), Count::cell)
        });
        rows.push(std::iter::once(name(group)).chain(cells).collect());
    }
    let cells = subjects
        .iter()
        .map(|subject| totals.get(subject).map_or_else(String::new, Count::cell));
    rows.push(std::iter::once("all".to_owned()).chain(cells).collect());
    let table: String = rows
        .iter()
        .map(|cells: &Vec<String>| format!("| {} |\n", cells.join(" | ")))
        .collect();
    let mut text = format!("{INTRODUCTION}{table}");
    let known = trials.iter().filter_map(|trial| match &trial.verdict {
        Verdict::Known(known) => Some(format!(
            "- {}, `{}`: {known}\n",
            trial.subject, trial.scenario
        )),
        Verdict::Passed | Verdict::Failed(_) | Verdict::Vanished(_) | Verdict::NotApplicable => {
            None
        }
    });
    let known: String = known.collect();
    if !known.is_empty() {
        text += &format!("\n## Known differences\n\n{known}");
    }
    text
}

/// A group as the scenarios write it.
fn name(group: Group) -> String {
    match serde_json::to_value(group) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => format!("{group:?}"),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    subject: &'a str,
    scenario: &'a str,
    group: Group,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    duration_ms: u128,
}

/// The trials as a JSON array, for programs: `subject`, `scenario`, `group`, `verdict` (`passed`, `failed`,
/// `known`, `vanished` or `not-applicable`), `detail` where there is one, `duration_ms`.
#[must_use]
pub fn json(trials: &[Trial]) -> String {
    let lines = trials.iter().map(|trial| {
        let (verdict, detail) = match &trial.verdict {
            Verdict::Passed => ("passed", None),
            Verdict::Failed(detail) => ("failed", Some(detail.as_str())),
            Verdict::Known(detail) => ("known", Some(detail.as_str())),
            Verdict::Vanished(detail) => ("vanished", Some(detail.as_str())),
            Verdict::NotApplicable => ("not-applicable", None),
        };
        Line {
            subject: &trial.subject,
            scenario: &trial.scenario,
            group: trial.group,
            verdict,
            detail,
            duration_ms: trial.duration.as_millis(),
        }
    });
    serde_json::to_string_pretty(&lines.collect::<Vec<_>>()).unwrap_or_default()
}
