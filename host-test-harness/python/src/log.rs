//! The log of the harness, as records of Python's `logging`.

use std::fmt::{self, Write as _};
use std::sync::Once;

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::interpreter;

/// The name of the logger.
const LOGGER: &str = "spin_harness";

/// Passes on the events of the harness from now on, unless the process has a subscriber already.
pub(crate) fn pass_on() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let own = Targets::new()
            .with_target("spin_harness", Level::INFO)
            .with_target("harness_", Level::INFO);
        let subscriber = tracing_subscriber::registry().with(Logging.with_filter(own));
        // It fails if the command runs in this process, whose log goes to stderr.
        drop(subscriber.try_init());
    });
}

struct Logging;

impl<S: Subscriber> Layer<S> for Logging {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            Level::ERROR => 40,
            Level::WARN => 30,
            Level::INFO => 20,
            Level::DEBUG | Level::TRACE => 10,
        };
        // Without an interpreter, which may be about to end, nobody reads the log. An exception of a handler of
        // `logging` is reported by `logging`.
        interpreter::call(|python| {
            let logger = python
                .import("logging")
                .and_then(|logging| logging.call_method1("getLogger", (LOGGER,)));
            drop(logger.and_then(|logger| {
                logger.call_method1("log", (level, "%s", text.message + &text.fields))
            }));
        });
    }
}

/// An event as one text: the message, then the fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Nothing that is written to memory fails.
        let _written = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}
