//! The traffic of a served application: each inbound request with the outbound calls that it led to.
//!
//! [`Traffic`] keeps the last requests in memory. [`Page`] shows them in the browser, on a loopback address with a token;
//! [`tree`] shows one of them as text.
//!
//! ```no_run
//! use harness_traffic::{Bounds, Page, Traffic};
//! use spin_harness::{Application, Harness, Manifest, Server};
//! use tokio::sync::watch;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let traffic = Traffic::new(Bounds::default());
//! let harness = traffic.observe(Harness::builder()).build()?;
//! let application = Application::builder(&harness, &Manifest::read("spin.toml")?).load()?;
//! let (_sender, application) = watch::channel(application);
//! let page = Page::bind(([127, 0, 0, 1], 0).into()).await?;
//! println!("{}", page.url());
//! let server = Server::bind(([127, 0, 0, 1], 3000).into()).await?;
//! tokio::join!(
//!     server.serve_reloadable(application.clone()).into_future(),
//!     page.serve(traffic, application),
//! );
//! # Ok(()) }
//! ```

mod content;
mod mock;
mod page;
mod permissions;
mod search;
mod server;
mod store;
pub mod tree;
mod view;

pub use server::{BindError, Page};
pub use store::{
    Bounds, DEFAULT_BODY_BYTES, DEFAULT_BYTES, DEFAULT_REQUESTS, OUTPUT_BYTES, Traffic,
};
