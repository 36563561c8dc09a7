//! Drives the harness from tests in other languages.
//!
//! [`Driver`] loads an [`App`] from [`AppOptions`], which are data, as are its requests, responses and mocks.
//! [`session::serve`] is the control protocol over them, which `PROTOCOL.md` describes; the package for Python calls
//! them in its process.

#[doc = include_str!("../PROTOCOL.md")]
pub mod session;

mod app;
mod clock;
mod failure;
mod message;
mod mocks;
mod options;
mod schema;

pub use app::{App, Driver, Whole};
pub use failure::Failure;
pub use message::{
    CallSiteMessage, Fields, ReceivedMessage, Report, RequestMessage, ResponseMessage,
    SweepMessage, SweepRunMessage, fields, parse_head,
};
pub use mocks::{MocksOptions, parse_mock};
pub use options::{AppOptions, RecordOptions};
pub use schema::protocol_schema;
