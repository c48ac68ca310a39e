//! Pipes: two-way, two-ended queues of messages with high-water marks and a life cycle.
//!
//! An end is owned by one thread at a time: a socket's, or whoever holds a session's lock. The ends tell each other
//! through [`Notify`], on sleep and wake edges alone.
//!
//! Life of an end: open -> (the peer closed: what it wrote before stays readable, nothing more can be written) -> ended
//! (the delimiter was read). Closing an end rolls back an unfinished message, appends the delimiter and tells the peer;
//! dropping an open end closes it.

mod chunk;
mod conflate;
mod credit;
mod end;
#[cfg(all(test, loom))]
mod loom_tests;
mod patience;
mod queue;
#[cfg(all(test, not(loom)))]
mod queue_tests;
mod set;
#[cfg(all(test, not(loom)))]
mod short_tests;
#[cfg(all(test, not(loom)))]
mod tests;

pub use chunk::release_kept;
pub use credit::Hwm;
pub use end::{Notify, Passed, PipeEnd, PipeOptions, pair};
pub use set::{PipeId, PipeSet};
