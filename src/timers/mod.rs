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
    /// By time, then by id.
    queue: BTreeSet<(u64, i32)>,
}

#[derive(Debug)]
struct Timer<H> {
    due: u64,
    interval: u64,
    cancelled: bool,
    handler: H,
}

impl<H> Default for Timers<H> {
    fn default() -> Timers<H> {
        Timers { last_id: 0, cancelled: 0, timers: HashMap::new(), queue: BTreeSet::new() }
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
        let due = now.saturating_add(interval);
        self.timers.insert(self.last_id, Timer { due, interval, cancelled: false, handler });
        self.queue.insert((due, self.last_id));
        self.last_id
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
            self.queue.retain(|(_, id)| self.timers.contains_key(id));
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
        let timer = self.timers.get_mut(&id).ok_or(Errno::EINVAL)?;
        self.queue.remove(&(timer.due, id));
        timer.due = now.saturating_add(timer.interval);
        self.queue.insert((timer.due, id));
        Ok(())
    }

    /// Time until the first timer is due, 0 if it is; none without timers.
    pub fn timeout(&mut self, now: u64) -> Option<u64> {
        self.forget_cancelled();
        self.queue.first().map(|(due, _)| due.saturating_sub(now))
    }

    /// The timers that are due, in order: one round. Each is run by [`Timers::fire`].
    pub fn round(&mut self, now: u64) -> Vec<i32> {
        self.forget_cancelled();
        self.queue.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| *id).collect()
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
        while let Some((due, id)) = self.queue.first().copied() {
            if self.timers.get(&id).is_some_and(|t| !t.cancelled) {
                return;
            }
            self.queue.remove(&(due, id));
            self.timers.remove(&id);
            self.cancelled = self.cancelled.saturating_sub(1);
        }
    }
}
