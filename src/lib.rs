//! zmq_rs: a Rust engine behind libzmq's C ABI.

pub mod context;
pub mod endpoint;
pub mod errno;
pub mod message;
pub mod options;
pub mod pattern;
pub mod pipe;
pub mod runtime;
pub mod session;
pub mod socket;
pub mod socket_type;
mod sync;
pub mod sys;
pub mod transport;
pub mod util;
pub mod zmtp;
