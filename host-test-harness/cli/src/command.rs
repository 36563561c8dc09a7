//! The subcommands, one module each.

pub(crate) mod build;
pub(crate) mod componentize;
pub(crate) mod conformance;
pub(crate) mod inspect;
pub(crate) mod policy;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod serve_stdio;
pub(crate) mod sweep;
pub(crate) mod up;
