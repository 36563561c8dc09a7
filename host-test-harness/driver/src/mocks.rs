//! Mocks as data.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use spin_harness::mocks::{Mock, Mocks, Unmatched};

use crate::Failure;

/// How mocks begin.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MocksOptions {
    /// A mock file, in TOML or JSON.
    pub file: Option<PathBuf>,
    /// What happens to a request to an upstream that no mock matches. Defaults to what the file says, or `fail`.
    pub unmatched: Option<Unmatched>,
    /// The seed of the random faults. Defaults to what the file says, or 0.
    pub seed: Option<u64>,
    /// The state that the mocks begin in. Defaults to the empty one.
    pub state: Option<String>,
}

impl MocksOptions {
    /// The mocks, which verify nothing when they are dropped: the driver does.
    ///
    /// # Errors
    ///
    /// `invalid-mock` if the file cannot be read or is invalid.
    pub fn create(&self) -> Result<Mocks, Failure> {
        let mut mocks = match &self.file {
            Some(file) => Mocks::from_file(file)?,
            None => Mocks::new(),
        };
        if let Some(unmatched) = self.unmatched {
            mocks = mocks.unmatched(unmatched);
        }
        if let Some(seed) = self.seed {
            mocks = mocks.seed(seed);
        }
        if let Some(state) = &self.state {
            mocks = mocks.in_state(state);
        }
        Ok(mocks.verify_on_drop(false))
    }
}

/// Reads a mock, which is what a mock file has in its list `mock`. Its `response` may be `{"callback": N}`, for a function
/// of the driver that makes the responses; the number is returned, and [`Mock::respond`] has to be called.
///
/// # Errors
///
/// `invalid-mock`; the message names the key.
pub fn parse_mock(mut mock: Value) -> Result<(Mock, Option<u64>), Failure> {
    let callback = take_callback(&mut mock)?;
    let mock = serde_path_to_error::deserialize(mock).map_err(|error| {
        let (path, error) = (error.path().to_string(), error.inner());
        Failure::invalid_mock(match path.as_str() {
            "." => error.to_string(),
            path => format!("`{path}`: {error}"),
        })
    })?;
    Ok((mock, callback))
}

fn take_callback(mock: &mut Value) -> Result<Option<u64>, Failure> {
    let Some(response) = mock.get_mut("response").and_then(Value::as_object_mut) else {
        return Ok(None);
    };
    let Some(callback) = response.remove("callback") else {
        return Ok(None);
    };
    if !response.is_empty() {
        return Err(Failure::invalid_mock(
            "`response`: a response with `callback` has nothing else; the function returns the rest",
        ));
    }
    let callback = callback.as_u64().ok_or_else(|| {
        Failure::invalid_mock(format!("`response.callback`: {callback} is not a number"))
    })?;
    Ok(Some(callback))
}
