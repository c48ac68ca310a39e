//! High-water marks and credit: what the two ends of a pipe know of each other. Both threads of a pipe.

use crate::sync::{AtomicBool, AtomicU64, Ordering};

/// One end's contribution to a direction's limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hwm {
    /// This end adds nothing: a session, or a peer that is not there yet.
    Absent,
    /// No limit, whatever the other end says.
    Unlimited,
    /// So many messages.
    Messages(u32),
}

impl Hwm {
    /// From the option's value, where 0 means no limit.
    pub fn from_option(value: i32) -> Hwm {
        match u32::try_from(value) {
            Ok(0) | Err(_) => Hwm::Unlimited,
            Ok(n) => Hwm::Messages(n),
        }
    }

    fn encode(self) -> u32 {
        match self {
            Hwm::Absent => u32::MAX,
            Hwm::Unlimited => 0,
            Hwm::Messages(n) => n.min(u32::MAX - 1),
        }
    }
}

/// One direction's shared state: who writes each field is said in its comment.
#[derive(Debug)]
pub(super) struct Direction {
    /// Messages that the reader has acknowledged; written by the reader.
    pub(super) acknowledged: AtomicU64,
    /// The writer found the pipe full; set by the writer, cleared by the reader.
    pub(super) blocked: AtomicBool,
    /// The writer closed; written by the writer.
    pub(super) closed: AtomicBool,
    /// The writer closed and what it left is not wanted; written by the writer.
    pub(super) abandoned: AtomicBool,
    /// Both ends' contributions to the limit, the writer's in the upper half; written by both.
    shares: AtomicU64,
}

/// Neither end contributes.
const NO_SHARES: u64 = u64::MAX;

/// A direction's limit as one end last saw it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    shares: u64,
    messages: u64,
}

impl Limit {
    /// No limit at all.
    pub(super) const NONE: u64 = u64::MAX;

    /// Before anybody contributed.
    pub(super) fn new() -> Limit {
        Limit::of(NO_SHARES)
    }

    fn of(shares: u64) -> Limit {
        let messages = match ((shares >> 32) as u32, shares as u32) {
            (0, _) | (_, 0) | (u32::MAX, u32::MAX) => Limit::NONE,
            (u32::MAX, n) | (n, u32::MAX) => u64::from(n),
            (w, r) => u64::from(w) + u64::from(r),
        };
        Limit { shares, messages }
    }

    #[cold]
    fn replace(&mut self, shares: u64) {
        *self = Limit::of(shares);
    }

    /// In messages.
    #[inline]
    pub(super) fn messages(self) -> u64 {
        self.messages
    }

    /// How many messages the reader takes between two acknowledgements.
    pub(super) fn batch(self) -> u64 {
        if self.messages == Limit::NONE { 1024 } else { self.messages.div_ceil(2) }
    }
}

impl Direction {
    pub(super) fn new() -> Direction {
        Direction {
            acknowledged: AtomicU64::new(0),
            blocked: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            shares: AtomicU64::new(NO_SHARES),
        }
    }

    /// The writer's contribution.
    pub(super) fn set_write_share(&self, hwm: Hwm) {
        self.replace(32, hwm);
    }

    /// The reader's contribution; whether it is its first.
    pub(super) fn set_read_share(&self, hwm: Hwm) -> bool {
        self.replace(0, hwm) == Hwm::Absent.encode()
    }

    /// Puts one half in the place of the old one, which is returned.
    fn replace(&self, shift: u32, hwm: Hwm) -> u32 {
        let mut shares = self.shares.load(Ordering::Relaxed);
        loop {
            let new = shares & !(u64::from(u32::MAX) << shift) | u64::from(hwm.encode()) << shift;
            match self.shares.compare_exchange_weak(shares, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return (shares >> shift) as u32,
                Err(now) => shares = now,
            }
        }
    }

    /// Brings what an end knows of the limit up to date; whether it had changed.
    #[inline]
    pub(super) fn look(&self, known: &mut Limit) -> bool {
        let shares = self.shares.load(Ordering::Relaxed);
        let changed = shares != known.shares;
        if changed {
            known.replace(shares);
        }
        changed
    }
}
