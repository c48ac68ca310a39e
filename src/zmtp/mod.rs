//! ZMTP, the protocol on the wire (RFC 13, 15, 23, 37): bytes in, events out, and the other way round.
//!
//! Nothing here owns a descriptor, a clock, a thread or a source of randomness: bytes come through
//! [`Source`](crate::message::Source), leave through [`OutQueue`], time and entropy are arguments. Runs on whichever
//! thread holds the session.
//!
//! Invariant: whatever a peer sends ends in an [`Event`] or a [`ProtocolError`], never in a panic, and never makes this
//! side keep more memory than a small multiple of what the peer has sent.
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod command;
mod config;
mod connection;
mod error;
mod event;
mod frame;
mod greeting;
mod gss;
mod handshake;
mod heartbeat;
mod mechanism;
mod out;
mod property;
mod raw;
mod zap;

#[cfg(test)]
mod tests;

pub use config::{Config, Entropy, Heartbeat, MechanismConfig};
pub use connection::{Connection, PlainFrame};
pub use error::{Failure, ProtocolError, code};
pub use event::{Event, PeerInfo, Protocol};
pub use frame::HeaderBytes;
pub use gss::{Negotiated, Negotiation, Progress, Refusal, SecurityContext};
pub use out::OutQueue;
pub use zap::{ZapReply, ZapRequest};

/// The public key of CURVE that goes with a secret one.
pub fn curve_public_key(secret: &[u8; 32]) -> [u8; 32] {
    mechanism::curve_public_key(secret)
}
