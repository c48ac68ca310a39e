//! Connections: where they come from, how their sockets are tuned, and the bytes that go through them.
//!
//! Nothing here blocks, but for the name lookup of a bind, which happens in the thread that binds; names to connect to
//! are looked up by [`Resolver`]. No call knows of messages, sessions or I/O threads.

mod connector;
mod ipc;
mod listener;
mod resolve;
mod resolver;
pub mod socks;
mod stream;
#[cfg(test)]
mod tests;
mod tune;

pub use connector::{ConnectError, Connecting, Connector};
pub use listener::{AcceptError, BindError, Listener};
pub use resolve::{Lookup, Resolution, ResolvedAddr, resolve, resolved_forms};
pub use resolver::Resolver;
pub use stream::Stream;
