//! One connection's life: connecting with backoff, accepting, the handshake, messages both ways, lingering.
//!
//! A session is driven under its lock by its I/O thread, or, when it is idle and nobody is ahead, by the application
//! thread that sends: that thread then writes to the kernel itself and wakes nobody on this side.
//!
//! States: idle -> resolving -> connecting -> running -> (lost: waiting -> resolving ...) -> done. Accepted sessions start
//! at running and end with their connection. `stop` asks for the end from any state: what was accepted for sending goes
//! out first, for as long as LINGER allows.

mod backoff;
mod calls;
mod connect;
mod ending;
mod engine;
mod greeting;
#[cfg(feature = "gssapi")]
mod gssapi;
mod host;
mod lending;
mod lent;
mod listener;
mod loss;
mod negotiation;
mod pass_on;
mod patience;
mod pipe_side;
mod protocol;
mod reply_filter;
mod run;
mod sessions;
mod timers;
mod zap;

pub use host::{Host, Origin, event};
pub use listener::Listener;
pub use run::{Role, Session};
pub use sessions::Sessions;
