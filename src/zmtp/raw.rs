//! Connections without a protocol (STREAM, ROUTER_RAW): bytes as they come, in messages of limited size. I/O thread.

use crate::errno::Result;
use crate::message::{Msg, RecvBuffer};

/// Most bytes of one message.
const CHUNK_MAX: usize = 8192;

/// What has been read, as the next message.
pub(super) fn chunk(recv: &mut RecvBuffer) -> Result<Option<Msg>> {
    match recv.unread().len() {
        0 => Ok(None),
        n => recv.take(n.min(CHUNK_MAX)).map(Some),
    }
}
