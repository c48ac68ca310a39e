//! zmq_rs: a Rust engine behind libzmq's C ABI.
//!
//! The map, top layer first. A module may use those below it in this list and none above; `tests/layers.rs` checks that.
//!
//! ```text
//! abi                      | L8 | the only extern "C": check pointers, one inward call, errno
//! timers                   | L7 | when the application's timers are due
//! pattern                  | L3 | what each socket type means; sees pipes and messages only
//! pipe                     | L2 | two ends with high-water marks, credit and a life cycle; the queue between them
//! options                  | L2 | values, defaults, and one table row per option
//! message                  | L1 | the 64 bytes of zmq_msg_t, shared content, receive buffers, metadata
//! socket_type              | L0 | the table of socket types
//! util                     | L0 | handles for C, Z85
//! errno                    | L0 | the one error type that travels
//! sync                     | L0 | std's atomics, or the model checker's
//! ```

pub mod abi;
pub mod errno;
pub mod message;
pub mod options;
pub mod pattern;
pub mod pipe;
pub mod socket_type;
mod sync;
pub mod timers;
pub mod util;
