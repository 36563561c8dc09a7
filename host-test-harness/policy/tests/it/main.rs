//! The policy tables, and what holds beyond them.

mod blocked;
mod decisions;
mod entries;
mod lint;
mod messages;
mod property;
mod table;
mod uris;
mod usage;
