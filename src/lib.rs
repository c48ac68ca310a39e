//! zmq_rs: a Rust engine behind libzmq's C ABI.

pub mod errno;
pub mod message;
pub mod options;
pub mod pattern;
pub mod pipe;
pub mod socket_type;
mod sync;
pub mod util;
