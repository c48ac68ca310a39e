//! The memory in which connections encode: one queue for each thread, which they use in turn, as nearly all of them have
//! written everything when their turn is over. One that the kernel keeps waiting keeps the queue.

use crate::zmtp::OutQueue;
use std::cell::Cell;

thread_local! {
    static QUEUE: Cell<Option<OutQueue>> = const { Cell::new(None) };
}

/// Gives a queue without memory the thread's, which is empty.
#[inline]
pub(super) fn borrow(out: &mut OutQueue) {
    if !out.has_memory()
        && out.is_empty()
        && let Ok(Some(lent)) = QUEUE.try_with(Cell::take)
    {
        *out = lent;
    }
}

/// Takes the memory of a queue that is empty.
#[inline]
pub(super) fn give_back(out: &mut OutQueue) {
    if out.has_memory() && out.is_empty() {
        // A thread that is being torn down keeps nothing.
        let _ = QUEUE.try_with(|queue| queue.set(Some(std::mem::take(out))));
    }
}
