//! The sessions of one socket, from the moment they exist until they are finished. Any thread.

use super::Session;
use crate::sys::lock::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type Hook = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    live: HashMap<u64, Arc<Session>>,
    /// Everything is with the kernel, which has not delivered it yet.
    closing: HashMap<u64, Arc<Session>>,
    counter: u64,
    closed: bool,
    on_idle: Option<Hook>,
    on_empty: Option<Hook>,
}

/// Keeps each session alive until it is finished.
#[derive(Default)]
pub struct Sessions {
    state: Mutex<State>,
    /// When the socket's thread last had something for a sleeping connection, in ticks; a hint, so relaxed.
    last_output: AtomicU64,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("live", &self.state.lock().live.len()).finish_non_exhaustive()
    }
}

impl Sessions {
    /// Adds a session, which gets a number; none is added once the socket is closed.
    pub(super) fn add(&self, make: impl FnOnce(u64) -> Arc<Session>) -> Option<Arc<Session>> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        state.counter += 1;
        let id = state.counter;
        let session = make(id);
        state.live.insert(id, session.clone());
        Some(session)
    }

    /// Whether there is any that is not finished or about to be.
    pub fn is_empty(&self) -> bool {
        self.state.lock().live.is_empty()
    }

    /// Notes output for a connection; returns how many ticks ago there was some for any connection of the socket.
    pub(super) fn note_output(&self, now: u64) -> u64 {
        now.wrapping_sub(self.last_output.swap(now, Ordering::Relaxed))
    }

    /// A session has nothing left to send, but is not finished.
    pub(super) fn begin_closing(&self, id: u64) {
        let mut state = self.state.lock();
        if let Some(session) = state.live.remove(&id) {
            state.closing.insert(id, session);
        }
        drop(state);
        self.settle();
    }

    /// A session is finished.
    pub(super) fn remove(&self, id: u64) {
        let mut state = self.state.lock();
        let gone = state.live.remove(&id).or_else(|| state.closing.remove(&id));
        drop(state);
        drop(gone);
        self.settle();
    }

    /// The sessions that came from an endpoint.
    pub fn of_endpoint(&self, endpoint: u64) -> Vec<Arc<Session>> {
        self.state.lock().live.values().filter(|s| s.endpoint() == endpoint).cloned().collect()
    }

    /// The socket is closed: no session is added any more. `on_idle` runs when none has anything left to send, `on_empty`
    /// when the last one is finished. Returns those that are to be stopped.
    pub fn close(&self, on_idle: Hook, on_empty: Hook) -> Vec<Arc<Session>> {
        let mut state = self.state.lock();
        state.closed = true;
        state.on_idle = Some(on_idle);
        state.on_empty = Some(on_empty);
        state.live.values().cloned().collect()
    }

    /// Runs what `close` asked for, each once, when its time has come.
    pub fn settle(&self) {
        let mut state = self.state.lock();
        let idle = state.closed && state.live.is_empty();
        let on_idle = if idle { state.on_idle.take() } else { None };
        let on_empty = if idle && state.closing.is_empty() { state.on_empty.take() } else { None };
        drop(state);
        for hook in [on_idle, on_empty].into_iter().flatten() {
            hook();
        }
    }
}
