//! Mocks.

use std::sync::Arc;

use harness_driver::{Fields, MocksOptions, fields, parse_mock};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spin_harness::mocks::{MockResponse, ReceivedRequest, no_response, respond_with};

use crate::failure::raised;
use crate::interpreter;

/// Mocks, whose options and expectations are JSON.
#[pyclass(frozen)]
pub(crate) struct Mocks(pub(crate) Arc<spin_harness::mocks::Mocks>);

/// Component, hop, method, URL, header fields, body, and the name of the mock.
type Received<'py> = (
    String,
    u32,
    String,
    String,
    Fields,
    Bound<'py, PyBytes>,
    Option<String>,
);

#[pymethods]
impl Mocks {
    #[new]
    fn new(python: Python<'_>, options: &str) -> PyResult<Self> {
        let options: MocksOptions = from_json(options)?;
        let mocks = options.create();
        let mocks = mocks.map_err(raised(python))?;
        Ok(Self(Arc::new(mocks)))
    }

    /// Adds a mock. `respond` is the function that `{"callback": 0}` stands for: it takes an element of [`Mocks::received`], and
    /// returns a response as JSON.
    fn expect(&self, python: Python<'_>, mock: &str, respond: Option<Py<PyAny>>) -> PyResult<()> {
        let parsed = parse_mock(from_json(mock)?);
        let (mock, callback) = parsed.map_err(raised(python))?;
        let mock = match (callback, respond) {
            (Some(_), Some(respond)) => mock.respond(respond_with(move |request| {
                call(&respond, request).unwrap_or_else(|reason| {
                    no_response(format!(
                        "the function that responds to {} {} {reason}",
                        request.method, request.url
                    ))
                })
            })),
            (None, _) => mock,
            (Some(_), None) => {
                return Err(PyValueError::new_err(
                    "a mock with a callback needs its function",
                ));
            }
        };
        self.0.add(mock);
        Ok(())
    }

    fn received<'py>(&self, python: Python<'py>) -> Vec<Received<'py>> {
        let received = self.0.received();
        received
            .iter()
            .map(|request| to_python(python, request))
            .collect()
    }

    fn state(&self) -> String {
        self.0.state()
    }

    /// The reasons why they are not met.
    fn verify(&self) -> Vec<String> {
        let verified = self.0.verify();
        verified.map_or_else(|unmet| unmet.reasons().to_vec(), |()| Vec::new())
    }
}

fn to_python<'py>(python: Python<'py>, request: &ReceivedRequest) -> Received<'py> {
    (
        request.component.as_ref().to_owned(),
        request.hop,
        request.method.to_string(),
        request.url.to_string(),
        fields(&request.headers),
        PyBytes::new(python, &request.body),
        request.mock.clone(),
    )
}

/// Calls the function on a thread that may wait for Python.
fn call(respond: &Py<PyAny>, request: &ReceivedRequest) -> Result<MockResponse, String> {
    let called = interpreter::call(|python| {
        let request = to_python(python, request);
        let response = respond.call1(python, (request,));
        response
            .and_then(|response| response.extract::<String>(python))
            .map_err(|error| {
                let name = error.get_type(python).qualname();
                let name = name.map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
                format!("raised {name}: {}", error.value(python))
            })
    });
    let response = called.ok_or("cannot run: Python ends")??;
    let response = serde_json::from_str(&response);
    response.map_err(|error| format!("returned an invalid response: {error}"))
}

/// Reads JSON that the code of `spin_harness` wrote.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| PyValueError::new_err(error.to_string()))
}
