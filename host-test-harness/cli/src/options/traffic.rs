//! What answers outbound calls instead of the network, and where they are recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use spin_harness::HarnessBuilder;
use spin_harness::har::HarRecording;
use spin_harness::mocks::Mocks;
use spin_harness::recording::{RecordMode, Redaction};

use crate::report::Failure;

/// The options for mocks and recordings.
#[derive(Args, Clone)]
pub(crate) struct TrafficOptions {
    /// Answer outbound calls with the mocks of a TOML or JSON file, before they reach the network or another component.
    /// A call to an upstream that no mock matches fails, unless the file says `unmatched = "network"`. The permissions
    /// are needed all the same. A mock that is not called does not fail the command.
    #[arg(long = "mock", value_name = "FILE", conflicts_with = "replay")]
    mock: Option<PathBuf>,
    /// Answer outbound calls with the responses of a HAR file, such as one of `--record`. A call that was not recorded,
    /// or more often than it was, fails. The permissions are needed all the same.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Record the outbound exchanges to a HAR file. The values of the fields `authorization`, `cookie`, `set-cookie` and
    /// `proxy-authorization` are `REDACTED`; bodies and URLs are recorded as they are.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// When to record: `all` records every call, and replaces the file when the command ends. `once` records if the
    /// file does not exist, and answers from the file otherwise. `new-episodes` answers from the file, sends the calls
    /// that it lacks, and adds them to it when the command ends. `none` only answers from the file. Where calls are
    /// answered and not sent, a call that the file lacks fails, and the file stays as it is. It also stays as it is if
    /// nothing was recorded.
    #[arg(
        long,
        value_name = "MODE",
        requires = "record",
        default_value_t = RecordMode::All,
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(RecordMode::ALL.map(RecordMode::name))
            .try_map(|name| name.parse::<RecordMode>()),
    )]
    record_mode: RecordMode,
    /// Record all traffic to a HAR file, which is replaced when the command ends: the requests that the components
    /// receive, and their outbound exchanges, mocked and replayed ones included. `_chain` of an outbound entry is that of
    /// the inbound entry that led to it.
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
}

/// The mocks and the recording of a run.
pub(crate) struct Traffic {
    mocks: Option<Arc<Mocks>>,
    recording: Option<HarRecording>,
    /// The recording of all traffic.
    all: Option<HarRecording>,
}

impl TrafficOptions {
    /// Reads the files, and begins the recording.
    pub(crate) fn open(&self) -> Result<Traffic, Failure> {
        let mocks = self.mocks()?.map(Arc::new);
        let open = |path: &Option<PathBuf>, mode| {
            let path = path.as_ref();
            let file = path.map(|path| HarRecording::open(path, mode, Redaction::default()));
            file.transpose().map_err(failed)
        };
        Ok(Traffic {
            mocks,
            recording: open(&self.record, self.record_mode)?,
            all: open(&self.har, RecordMode::All)?,
        })
    }

    /// The path of the file with what answers calls.
    pub(crate) fn mock_file(&self) -> Option<&Path> {
        self.mock.as_deref().or(self.replay.as_deref())
    }

    /// Reads the mocks again, for [`Traffic::replace_mocks`].
    pub(crate) fn mocks(&self) -> Result<Option<Mocks>, Failure> {
        let mocks = match (&self.mock, &self.replay) {
            (Some(file), _) => Mocks::from_file(file).map_err(failed)?,
            (None, Some(file)) => Mocks::from_har(file).map_err(failed)?,
            (None, None) => return Ok(None),
        };
        // Nobody reads what a drop says, nor what was received.
        Ok(Some(mocks.verify_on_drop(false).keep_received(false)))
    }
}

impl Traffic {
    /// A harness whose guests have these mocks, and are recorded.
    pub(crate) fn apply(&self, mut builder: HarnessBuilder) -> HarnessBuilder {
        if let Some(mocks) = &self.mocks {
            builder = builder.mocks(mocks);
        }
        if let Some(file) = &self.recording {
            builder = builder.record(file.recording());
        }
        if let Some(file) = &self.all {
            let recording = file.recording();
            builder = builder.record(recording).record_inbound(recording);
        }
        builder
    }

    /// Answers with other mocks from now on.
    pub(crate) fn replace_mocks(&self, new: Option<Mocks>) {
        if let (Some(mocks), Some(new)) = (&self.mocks, new) {
            mocks.replace_with(new);
        }
    }

    /// Writes the recordings.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let files = [&self.recording, &self.all].into_iter().flatten();
        let finished: Vec<_> = files.map(HarRecording::finish).collect();
        finished
            .into_iter()
            .collect::<Result<(), _>>()
            .map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::File(error.to_string())
}
