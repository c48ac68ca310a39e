//! Two connections in memory, in simulated time. Every test of a dialogue runs fed whole, byte by byte, and split in two at
//! every boundary.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong is meant to panic"
)]

mod curve;
mod dialogue;
mod frames;
mod gssapi;
mod harness;
mod heartbeat;
mod hostile;
mod legacy;
mod metadata;
mod out;
mod plain;
mod recorded;
mod zap;
