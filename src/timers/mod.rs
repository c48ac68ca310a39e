//! Timers of the application (zmq_timers(7)): when each is due. Whoever holds it; it keeps no clock and never sleeps.
//!
//! Times are milliseconds of any monotonic clock, given as arguments. A timer that is due runs once per round, however
//! late the round is, and is due again one interval after the round. A cancelled timer keeps its place until it would
//! come first (zmq_timers_reset and zmq_timers_set_interval accept its id until then, as they do in libzmq), but no more
//! such places are kept than there are live timers, and some.

#[cfg(test)]
mod tests;

use crate::errno::{Errno, Result};
use std::collections::{BTreeSet, HashMap};

/// Places of cancelled timers that are kept beyond the number of live ones.
const SPARE_CANCELLED: usize = 64;

/// A set of timers, each with something of the caller's to run.
#[derive(Debug)]
pub struct Timers<H> {
    last_id: i32,
    cancelled: usize,
    timers: HashMap<i32, Timer<H>>,
    /// By time; those of one millisecond in the order in which they were started.
    queue: BTreeSet<(u64, u64, i32)>,
    starts: u64,
}

#[derive(Debug)]
struct Timer<H> {
    due: u64,
    /// The number of its start.
    start: u64,
    interval: u64,
    cancelled: bool,
    handler: H,
}

impl<H> Default for Timers<H> {
    fn default() -> Timers<H> {
        Timers { last_id: 0, cancelled: 0, timers: HashMap::new(), queue: BTreeSet::new(), starts: 0 }
    }
}

impl<H: Clone> Timers<H> {
    /// Adds a timer, first due one interval from now, and returns its id.
    pub fn add(&mut self, now: u64, interval: u64, handler: H) -> i32 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.timers.contains_key(&self.last_id) {
                break;
            }
        }
        let (due, start) = (now.saturating_add(interval), self.next_start());
        self.timers.insert(self.last_id, Timer { due, start, interval, cancelled: false, handler });
        self.queue.insert((due, start, self.last_id));
        self.last_id
    }

    fn next_start(&mut self) -> u64 {
        self.starts += 1;
        self.starts
    }

    /// Ends a timer.
    ///
    /// # Errors
    /// `EINVAL`: no such timer, or it was cancelled.
    pub fn cancel(&mut self, id: i32) -> Result<()> {
        match self.timers.get_mut(&id) {
            Some(timer) if !timer.cancelled => timer.cancelled = true,
            _ => return Err(Errno::EINVAL),
        }
        self.cancelled += 1;
        if self.cancelled > self.timers.len() / 2 + SPARE_CANCELLED {
            self.timers.retain(|_, t| !t.cancelled);
            self.queue.retain(|(_, _, id)| self.timers.contains_key(id));
            self.cancelled = 0;
        }
        Ok(())
    }

    /// Changes a timer's interval and starts it anew.
    ///
    /// # Errors
    /// `EINVAL`: no such timer.
    pub fn set_interval(&mut self, now: u64, id: i32, interval: u64) -> Result<()> {
        self.timers.get_mut(&id).ok_or(Errno::EINVAL)?.interval = interval;
        self.reset(now, id)
    }

    /// Starts a timer anew.
    ///
    /// # Errors
    /// `EINVAL`: no such timer.
    pub fn reset(&mut self, now: u64, id: i32) -> Result<()> {
        let start = self.next_start();
        let timer = self.timers.get_mut(&id).ok_or(Errno::EINVAL)?;
        self.queue.remove(&(timer.due, timer.start, id));
        (timer.due, timer.start) = (now.saturating_add(timer.interval), start);
        self.queue.insert((timer.due, start, id));
        Ok(())
    }

    /// Time until the first timer is due, 0 if it is; none without timers.
    pub fn timeout(&mut self, now: u64) -> Option<u64> {
        self.forget_cancelled();
        self.queue.first().map(|(due, ..)| due.saturating_sub(now))
    }

    /// The timers that are due, in order: one round. Each is run by [`Timers::fire`].
    pub fn round(&mut self, now: u64) -> Vec<i32> {
        self.forget_cancelled();
        self.queue.iter().take_while(|(due, ..)| *due <= now).map(|(_, _, id)| *id).collect()
    }

    /// Sets a timer of the round up for its next time and returns what to run; none if an earlier handler of the round
    /// cancelled it or put it off.
    pub fn fire(&mut self, now: u64, id: i32) -> Option<H> {
        let timer = self.timers.get(&id)?;
        if timer.cancelled || timer.due > now {
            return None;
        }
        let handler = timer.handler.clone();
        self.reset(now, id).ok()?;
        Some(handler)
    }

    /// Ends all timers.
    pub fn clear(&mut self) {
        self.timers.clear();
        self.queue.clear();
        self.cancelled = 0;
    }

    fn forget_cancelled(&mut self) {
        while let Some(first @ (_, _, id)) = self.queue.first().copied() {
            if self.timers.get(&id).is_some_and(|t| !t.cancelled) {
                return;
            }
            self.queue.remove(&first);
            self.timers.remove(&id);
            self.cancelled = self.cancelled.saturating_sub(1);
        }
    }
}
