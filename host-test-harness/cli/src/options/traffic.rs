//! What answers outbound calls instead of the network, and where they are recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use spin_harness::HarnessBuilder;
use spin_harness::har::HarWriter;
use spin_harness::mocks::Mocks;
use spin_harness::recording::{Existing, Recording, Redaction};

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
    /// Record the outbound exchanges to a HAR file, which is replaced when the command ends. The values of the fields
    /// `authorization`, `cookie`, `set-cookie` and `proxy-authorization` are `REDACTED`; bodies and URLs are recorded
    /// as they are.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// The mocks and the recording of a run.
pub(crate) struct Traffic {
    mocks: Option<Arc<Mocks>>,
    recorder: Option<Arc<HarWriter>>,
}

impl TrafficOptions {
    /// Reads the files, and begins the recording.
    pub(crate) fn open(&self) -> Result<Traffic, Failure> {
        let mocks = self.mocks()?.map(Arc::new);
        let recorder = match &self.record {
            Some(path) => Some(
                HarWriter::create(path, Existing::Replace, Redaction::default()).map_err(failed)?,
            ),
            None => None,
        };
        Ok(Traffic {
            mocks,
            recorder: recorder.map(Arc::new),
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
        if let Some(recorder) = &self.recorder {
            let sink = Arc::clone(recorder);
            builder = builder.record(&Recording::new(move |exchange| sink.append(&exchange)));
        }
        builder
    }

    /// Answers with other mocks from now on.
    pub(crate) fn replace_mocks(&self, new: Option<Mocks>) {
        if let (Some(mocks), Some(new)) = (&self.mocks, new) {
            mocks.replace_with(new);
        }
    }

    /// Writes the recording, if there is one.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        match &self.recorder {
            Some(recorder) => recorder.finish().map_err(failed),
            None => Ok(()),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::File(error.to_string())
}
