//! A moment's patience at either side of a queue, while it pays.

use crate::sys::{clock, thread};
use crate::util::restraint::Restraint;

/// A turn that lasted longer, in microseconds, was not the writer's alone.
const TURN_US: u64 = 500;

/// Giving the processor away once before a reader in a stream sleeps. The reader's side.
///
/// The scheduler likes to put a writer and the reader that it wakes on one processor. There the reader that sleeps as soon
/// as it has caught up is woken again for the writer's very next message; the one that steps back finds many. Where nobody
/// waits for the processor this costs a system call, and beside busy processes of others their whole turn.
#[derive(Default)]
pub(super) struct Patience(Restraint);

impl Patience {
    /// Lets others run, if that is promising, and looks whether there is `enough` then.
    pub(super) fn step_back(&mut self, enough: impl FnOnce() -> bool) {
        if self.0.allows() {
            let start = clock::tick();
            std::thread::yield_now();
            let lasted = clock::tick().wrapping_sub(start);
            self.0.learn(enough() && lasted <= TURN_US * clock::ticks_per_us());
        }
    }
}

/// How long a writer looks out for a reader that takes a large message from its hands, in microseconds.
const MEETING_US: u64 = 100;

/// Waiting for the reader of a large message, which is copied once then, instead of twice. The writer's side.
#[derive(Default)]
pub(super) struct Eagerness(Restraint);

impl Eagerness {
    /// Has `met` look again and again, if that is promising, until it says that the reader was there.
    pub(super) fn wait(&mut self, met: impl FnMut() -> bool) {
        if thread::several_processors() && self.0.allows() {
            self.0.learn(clock::look_out(MEETING_US, met).is_some());
        }
    }
}
