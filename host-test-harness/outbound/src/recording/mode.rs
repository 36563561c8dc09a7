//! When a recording is read, and when it is written.

use std::fmt;
use std::str::FromStr;

/// What a run does with the file of a recording.
///
/// | mode | without the file | with the file |
/// |---|---|---|
/// | `once` | records, and writes the file at the end | replays; the file stays as it is |
/// | `new-episodes` | records, and writes the file at the end | replays; what the file lacks is sent, and added at the end |
/// | `all` | records, and writes the file at the end | records, and replaces the file at the end |
/// | `none` | an error | replays; the file stays as it is |
///
/// Without an exchange, a file that exists stays as it is.
///
/// In a replay, a call that the file does not have fails, but for `new-episodes`. The error names the nearest call of
/// the file, and what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordMode {
    /// Records if there is no file, and replays the file otherwise. The default.
    #[default]
    Once,
    /// Replays what the file has, and adds the rest to it.
    NewEpisodes,
    /// Replays nothing, and replaces the file if anything was recorded.
    All,
    /// Replays the file, and writes nothing.
    None,
}

/// What a [`RecordMode`] means for one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilePlan {
    /// Whether requests are answered from the file.
    pub(crate) replays: bool,
    /// Whether requests that are not answered from the file are sent and written, and what becomes of the exchanges
    /// that the file has. `None`: they fail, and the file is only read.
    pub(crate) records: Option<Existing>,
}

/// What becomes of the exchanges that a file has when a recording is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// The new ones replace them. The default.
    #[default]
    Replace,
    /// They stay as they are, and the new ones follow them.
    Keep,
}

impl RecordMode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::Once, Self::NewEpisodes, Self::All, Self::None];

    /// What a run does, with or without the file.
    pub(crate) fn plan(self, file_exists: bool) -> FilePlan {
        let (replays, records) = match self {
            Self::Once if file_exists => (true, None),
            Self::Once | Self::All => (false, Some(Existing::Replace)),
            Self::NewEpisodes => (file_exists, Some(Existing::Keep)),
            Self::None => (true, None),
        };
        FilePlan { replays, records }
    }

    /// The name, as it is parsed and displayed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::NewEpisodes => "new-episodes",
            Self::All => "all",
            Self::None => "none",
        }
    }
}

impl fmt::Display for RecordMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that no [`RecordMode`] has.
#[derive(Debug, thiserror::Error)]
#[error("unknown record mode `{}`; the modes are once, new-episodes, all and none", .0.escape_debug())]
pub struct UnknownRecordMode(String);

impl FromStr for RecordMode {
    type Err = UnknownRecordMode;

    fn from_str(name: &str) -> Result<Self, UnknownRecordMode> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or_else(|| UnknownRecordMode(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_reads_and_writes_as_its_table_says() {
        let replace = Some(Existing::Replace);
        let keep = Some(Existing::Keep);
        for (mode, without, with) in [
            (RecordMode::Once, (false, replace), (true, None)),
            (RecordMode::NewEpisodes, (false, keep), (true, keep)),
            (RecordMode::All, (false, replace), (false, replace)),
            (RecordMode::None, (true, None), (true, None)),
        ] {
            for (exists, (replays, records)) in [(false, without), (true, with)] {
                let want = FilePlan { replays, records };
                assert_eq!(mode.plan(exists), want, "{mode}, file exists: {exists}");
            }
            assert_eq!(mode.name().parse::<RecordMode>().unwrap(), mode);
        }
        let error = "Once".parse::<RecordMode>().unwrap_err().to_string();
        assert!(
            error.contains("`Once`") && error.contains("new-episodes"),
            "{error}"
        );
    }
}
