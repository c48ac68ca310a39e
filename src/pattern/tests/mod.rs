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
