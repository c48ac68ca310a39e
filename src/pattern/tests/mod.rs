//! The socket types' rules, from RFCs 28 to 31, zmq_socket(3) and zmq_setsockopt(3), over pipes in memory.

mod copies;
mod large;
mod pipeline;
mod publish;
mod request;
mod router;
mod stream;
mod subscribe;
mod topics;

use super::test_util::{Bench, Peer};
use crate::errno::Errno;
use crate::socket_type::SocketType;

/// A sequence of numbers that is the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}
