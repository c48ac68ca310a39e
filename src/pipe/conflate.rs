//! The mailbox of a conflating pipe: one slot that holds the newest part only (ZMQ_CONFLATE). Both threads of a pipe.
//!
//! Subscriptions are state, not values that a newer one makes obsolete: they are kept in a line of their own.

use crate::message::{Msg, flag};
use crate::sync::Arc;
use crate::sys::lock::Mutex;
use std::collections::VecDeque;

#[derive(Debug, Default)]
struct State {
    newest: Option<Msg>,
    subscriptions: VecDeque<Msg>,
    ended: bool,
    asleep: bool,
}

impl State {
    fn is_empty(&self) -> bool {
        self.newest.is_none() && self.subscriptions.is_empty()
    }
}

/// Either side of the slot.
#[derive(Clone, Debug)]
pub(crate) struct Slot(Arc<Mutex<State>>);

impl Slot {
    pub(crate) fn new() -> Slot {
        Slot(Arc::new(Mutex::new(State::default())))
    }

    /// Puts a part in the place of the one there. Returns false if the reader sleeps and must be woken.
    pub(crate) fn write(&self, msg: Msg) -> bool {
        let mut state = self.0.lock();
        // The delimiter does not displace the last message.
        let displaced = if msg.has(flag::DELIMITER) {
            state.ended = true;
            None
        } else if msg.has(flag::SUBSCRIBE | flag::CANCEL) {
            state.subscriptions.push_back(msg);
            None
        } else {
            state.newest.replace(msg)
        };
        let awake = !std::mem::take(&mut state.asleep);
        drop(state);
        drop(displaced);
        awake
    }

    pub(crate) fn check(&self) -> bool {
        let mut state = self.0.lock();
        let some = !state.is_empty() || state.ended;
        state.asleep = !some;
        some
    }

    /// Whether nothing but the writer's end is left.
    pub(crate) fn at_end(&self) -> bool {
        let state = self.0.lock();
        state.is_empty() && state.ended
    }

    pub(crate) fn read(&self) -> Option<Msg> {
        let mut state = self.0.lock();
        let msg = state.subscriptions.pop_front().or_else(|| state.newest.take());
        let msg = msg.or_else(|| state.ended.then(Msg::delimiter));
        state.asleep = msg.is_none();
        msg
    }
}
