//! A file that a run replays, writes, or both.

use std::path::Path;
use std::sync::Arc;

use super::error::HarError;
use super::file::{HarWriter, regular};
use crate::mocks::{Mocks, Unmatched};
use crate::recording::{RecordMode, Recording, Redaction};

/// A recording in a HAR file: replayed, written, or both, as its [`RecordMode`] says.
///
/// A replay compares method, URL and body, see [`Mocks::from_har`]. A query parameter that was redacted may have any
/// value.
///
/// ```
/// use harness_outbound::Caller;
/// use harness_outbound::har::{HarError, HarRecording};
/// use harness_outbound::recording::{RecordMode, Redaction};
///
/// fn record_once(caller: &mut Caller) -> Result<HarRecording, HarError> {
///     let file = HarRecording::open("calls.har", RecordMode::Once, Redaction::default())?;
///     file.recording().attach(caller);
///     Ok(file) // Call `finish` at the end of the run.
/// }
/// ```
#[derive(Debug)]
pub struct HarRecording {
    recording: Recording,
    /// `None` if the file is only read.
    writer: Option<Arc<HarWriter>>,
}

impl HarRecording {
    /// Reads the file if its exchanges are replayed, and begins to record if calls are recorded.
    ///
    /// # Errors
    ///
    /// [`HarError`] as for [`Mocks::from_har`] and [`HarWriter::create`], and if `path` names something that is not a
    /// regular file, in each mode.
    pub fn open(
        path: impl AsRef<Path>,
        mode: RecordMode,
        redaction: Redaction,
    ) -> Result<Self, HarError> {
        let path = path.as_ref();
        let exists = path.exists();
        if exists {
            regular(path)?;
        }
        let plan = mode.plan(exists);
        let writer = plan
            .records
            .map(|existing| HarWriter::create(path, existing, redaction))
            .transpose()?
            .map(Arc::new);
        let sink = writer.clone();
        let mut recording = Recording::new(move |exchange| {
            if let Some(writer) = &sink {
                writer.append(&exchange);
            }
        });
        // An interrupted run may have left exchanges, which the writer has added to the file.
        if mode.plan(path.exists()).replays {
            let unmatched = match writer {
                Some(_) => Unmatched::Network,
                None => Unmatched::Fail,
            };
            let replay = Mocks::from_har(path)?
                .unmatched(unmatched)
                .verify_on_drop(false)
                .keep_received(false);
            recording = recording.replaying(replay.layer());
        }
        Ok(Self { recording, writer })
    }

    /// What records and replays the calls of a caller.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Writes the file if calls are recorded, see [`HarWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`HarError`] as for [`HarWriter::finish`].
    pub fn finish(&self) -> Result<(), HarError> {
        match &self.writer {
            Some(writer) => writer.finish(),
            None => Ok(()),
        }
    }
}
