//! Runs the policy tables, and tests what the tables cannot express.

mod blocked;
mod decisions;
mod entries;
mod lint;
mod messages;
mod own_application;
mod table;
mod uris;
mod usage;
