//! Applications, and requests to them.

use std::sync::Arc;

use bytes::Bytes;
use harness_driver::{AppOptions, Fields, SweepMessage, Whole, fields, parse_head};
use http::Request;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::failure::raised;
use crate::mocks::{Mocks, from_json};
use crate::pending::Pending;
use crate::runtime::{driver, wait};
use crate::stream::Stream;
use crate::{Response, log};

/// An application, whose options are JSON.
#[pyclass(frozen)]
pub(crate) struct App(Arc<harness_driver::App>);

fn read_options(options: &str) -> PyResult<AppOptions> {
    log::pass_on();
    from_json(options)
}

#[pymethods]
impl App {
    #[staticmethod]
    fn load(python: Python<'_>, options: &str, mocks: Option<&Mocks>) -> PyResult<Self> {
        let options = read_options(options)?;
        let mocks = mocks.map(|mocks| Arc::clone(&mocks.0));
        let app = wait(python, async move {
            driver().load(options, mocks.as_deref()).await
        })?;
        Ok(Self(Arc::new(app)))
    }

    /// [`App::load`], which calls `done` with the application or an exception.
    #[staticmethod]
    fn start_load(options: &str, mocks: Option<&Mocks>, done: Py<PyAny>) -> PyResult<Pending> {
        let options = read_options(options)?;
        let mocks = mocks.map(|mocks| Arc::clone(&mocks.0));
        let load = async move { driver().load(options, mocks.as_deref()).await };
        Ok(Pending::start(load, done, |python, app| {
            Ok(Py::new(python, Self(Arc::new(app)))?.into_any())
        }))
    }

    fn components(&self) -> Vec<String> {
        self.0.components().to_vec()
    }

    fn request<'py>(
        &self,
        python: Python<'py>,
        method: &str,
        url: &str,
        headers: Fields,
        body: &[u8],
    ) -> PyResult<Response<'py>> {
        let request = request(python, method, url, &headers, body)?;
        let app = Arc::clone(&self.0);
        let (request, _awaited) = self
            .0
            .abandoned()
            .track(async move { app.request(request).await });
        let whole = wait(python, request)?;
        Ok(to_python(python, &whole))
    }

    /// [`App::request`], which calls `done` with the response or an exception.
    fn start_request(
        &self,
        python: Python<'_>,
        method: &str,
        url: &str,
        headers: Fields,
        body: &[u8],
        done: Py<PyAny>,
    ) -> PyResult<Pending> {
        let request = request(python, method, url, &headers, body)?;
        let app = Arc::clone(&self.0);
        let response = async move { app.request(request).await };
        Ok(Pending::start_in(
            &self.0,
            response,
            done,
            |python, whole| {
                let response = to_python(python, &whole).into_pyobject(python)?;
                Ok(response.into_any().unbind())
            },
        ))
    }

    /// A request whose bodies stream.
    fn stream(
        &self,
        python: Python<'_>,
        method: &str,
        url: &str,
        headers: Fields,
    ) -> PyResult<Stream> {
        let head = parse_head(method, url, &headers).map_err(raised(python))?;
        Ok(Stream::start(Arc::clone(&self.0), head))
    }

    /// What the application answers when its upstreams fail, as JSON.
    fn sweep(
        &self,
        python: Python<'_>,
        method: &str,
        url: &str,
        headers: Fields,
        body: &[u8],
    ) -> PyResult<String> {
        let request = request(python, method, url, &headers, body)?;
        let app = Arc::clone(&self.0);
        let (sweep, _awaited) = self
            .0
            .abandoned()
            .track(async move { app.sweep(request).await });
        let sweep = wait(python, sweep)?;
        to_json(&SweepMessage::from(&sweep))
    }

    /// [`App::sweep`], which calls `done` with the JSON or an exception.
    fn start_sweep(
        &self,
        python: Python<'_>,
        method: &str,
        url: &str,
        headers: Fields,
        body: &[u8],
        done: Py<PyAny>,
    ) -> PyResult<Pending> {
        let request = request(python, method, url, &headers, body)?;
        let app = Arc::clone(&self.0);
        let sweep = async move { app.sweep(request).await };
        Ok(Pending::start_in(&self.0, sweep, done, |python, sweep| {
            let text = to_json(&SweepMessage::from(&sweep))?;
            Ok(text.into_pyobject(python)?.into_any().unbind())
        }))
    }

    /// What the application did so far, as JSON.
    fn report(&self, python: Python<'_>) -> PyResult<String> {
        let app = Arc::clone(&self.0);
        to_json(&wait(python, async move { Ok(app.report().await) })?)
    }

    /// Serves the application over TCP, and returns its base URL.
    fn listen(&self, python: Python<'_>) -> PyResult<String> {
        let app = Arc::clone(&self.0);
        wait(python, async move { app.listen().await })
    }

    /// Stops the server, and writes the recording.
    fn close(&self, python: Python<'_>) -> PyResult<()> {
        let app = Arc::clone(&self.0);
        wait(python, async move { app.close().await })
    }
}

fn request(
    python: Python<'_>,
    method: &str,
    url: &str,
    headers: &Fields,
    body: &[u8],
) -> PyResult<Request<Bytes>> {
    let head = parse_head(method, url, headers).map_err(raised(python))?;
    Ok(head.map(|()| Bytes::copy_from_slice(body)))
}

fn to_python<'py>(python: Python<'py>, (response, trailers): &Whole) -> Response<'py> {
    (
        response.status().as_u16(),
        fields(response.headers()),
        PyBytes::new(python, response.body()),
        fields(trailers),
    )
}

fn to_json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))
}
