//! How an application thread waits for its sockets: it serves their connections itself if it may, looks out for a moment if
//! that is promising, and sleeps.

use super::io_thread::IoThread;
use super::lead::{Follower, Lead};
use super::mailbox::Mailbox;
use super::spin;
use super::waiter::{Wait, Waiter, current_waiter};
use crate::errno::{Errno, Result};
use crate::message::{Offer, call_free_functions};
use crate::sys::poll::{PollFd, poll};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What an application thread waits for.
#[derive(Debug)]
pub struct Sources {
    /// Those of its sockets.
    pub mailboxes: Vec<Arc<Mailbox>>,
    /// The I/O threads that its sockets' connections depend on, each once.
    pub io: Vec<Arc<IoThread>>,
    /// It waits for messages, and may fetch them itself.
    pub receiving: bool,
}

impl Sources {
    /// Adds an I/O thread.
    pub fn depend_on(&mut self, io: Arc<IoThread>) {
        if !self.io.iter().any(|known| Arc::ptr_eq(known, &io)) {
            self.io.push(io);
        }
    }

    /// Whether a mailbox has commands, or some were taken out since there were `taken` times, all together.
    fn changed_since(&self, taken: usize) -> bool {
        let now = self.mailboxes.iter().fold(0_usize, |sum, m| sum.wrapping_add(m.times_taken()));
        now != taken || self.mailboxes.iter().any(|m| m.is_pending())
    }

    /// The I/O thread whose work the waiting thread may do.
    fn led(&self) -> Option<&Arc<IoThread>> {
        match self.io.as_slice() {
            [only] if self.receiving => Some(only),
            _ => None,
        }
    }

    /// Has the I/O threads served by somebody else, for as long as the result lives.
    fn follow(&self, waiter: &Arc<Waiter>) -> Vec<Follower<'_>> {
        let ask = self.led().is_some();
        self.io.iter().map(|io| io.follow(waiter, ask)).collect()
    }
}

/// Most sockets that a thread looks at in turn before it sleeps.
const LOOK_MAX: usize = 8;

/// The thread among those that mailboxes wake, for as long as this lives.
struct Registration<'a> {
    waiter: &'a Arc<Waiter>,
    mailboxes: &'a [Arc<Mailbox>],
}

impl<'a> Registration<'a> {
    /// Returns also whether a mailbox has commands already; then not all of them know the thread.
    fn new(waiter: &'a Arc<Waiter>, mailboxes: &'a [Arc<Mailbox>]) -> (Registration<'a>, bool) {
        for (i, mailbox) in mailboxes.iter().enumerate() {
            if mailbox.register(waiter) {
                return (Registration { waiter, mailboxes: &mailboxes[..=i] }, true);
            }
        }
        (Registration { waiter, mailboxes }, false)
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        for mailbox in self.mailboxes {
            mailbox.unregister(self.waiter);
        }
    }
}

/// Waits until a mailbox has commands, or `left` is over; not at all if commands were taken out since that was done `taken`
/// times, for all mailboxes together. May also end without a reason, as woken.
///
/// # Errors
/// `EINTR` when a signal handler ran.
pub fn rest(sources: &Sources, taken: usize, left: Option<Duration>) -> Result<Wait> {
    rest_offering(sources, taken, left, &mut Offer::none())
}

/// The same, or until a message was put in the memory offered, which may also be the case when there is an error.
///
/// # Errors
/// As [`rest`].
pub fn rest_offering(sources: &Sources, taken: usize, left: Option<Duration>, offer: &mut Offer<'_>) -> Result<Wait> {
    if let ([], [mailbox]) = (&*sources.io, &*sources.mailboxes)
        && let Some(opened) = offer.memory().and_then(|memory| mailbox.rendezvous().open(memory))
    {
        let there = || sources.changed_since(taken) || opened.is_used();
        let result = rest_until(sources, left, there, &mut Offer::none());
        if let Some(size) = opened.withdraw() {
            offer.delivered(size);
        }
        return result;
    }
    rest_until(sources, left, || sources.changed_since(taken), offer)
}

/// Waits until `there` holds, which is looked at after each wake-up.
fn rest_until(
    sources: &Sources,
    left: Option<Duration>,
    there: impl Fn() -> bool,
    offer: &mut Offer<'_>,
) -> Result<Wait> {
    let look = sources.mailboxes.len() <= LOOK_MAX;
    if let Some(io) = sources.led()
        && let Some(lead) = io.try_lead()
    {
        let result = lead_until(io, lead, &sources.mailboxes, left, look, there, offer);
        call_free_functions();
        return result;
    }
    if look && spin::until(&there) {
        return Ok(Wait::Woken);
    }
    let waiter = current_waiter();
    waiter.prepare();
    let (_registration, pending) = Registration::new(&waiter, &sources.mailboxes);
    if pending || there() {
        return Ok(Wait::Woken);
    }
    let _followers = sources.follow(&waiter);
    waiter.wait(left)
}

/// The same, or until one of the descriptors is ready.
///
/// # Errors
/// `EINTR` when a signal handler ran; `EMFILE` and the like if the wait needs a descriptor that cannot be made.
pub fn rest_with(sources: &Sources, taken: usize, fds: &mut Vec<PollFd>, left: Option<Duration>) -> Result<()> {
    let waiter = current_waiter();
    waiter.prepare();
    let (_registration, pending) = Registration::new(&waiter, &sources.mailboxes);
    if pending || sources.changed_since(taken) {
        return Ok(());
    }
    let _followers = sources.follow(&waiter);
    let Some(fd) = waiter.start_polling()? else { return Ok(()) };
    fds.push(PollFd { fd, events: libc::POLLIN, revents: 0 });
    let result = poll(fds, left, None);
    fds.pop();
    waiter.stop_polling();
    result.map(|_| ())
}

fn lead_until(
    io: &Arc<IoThread>,
    mut lead: Lead<'_>,
    mailboxes: &[Arc<Mailbox>],
    left: Option<Duration>,
    look: bool,
    there: impl Fn() -> bool,
    offer: &mut Offer<'_>,
) -> Result<Wait> {
    let mut glance = || {
        let served = lead.turn(Some(Duration::ZERO), None, offer).is_ok();
        offer.is_over() || (served && there())
    };
    if look && spin::until(|| there() || glance()) {
        return woken(offer);
    }
    let waiter = current_waiter();
    waiter.will_lead(io);
    waiter.prepare();
    let (_registration, pending) = Registration::new(&waiter, mailboxes);
    if pending || there() {
        return Ok(Wait::Woken);
    }
    let end = left.and_then(|left| Instant::now().checked_add(left));
    let mut left = left;
    loop {
        lead.turn(left, Some(&waiter), offer)?;
        if offer.is_over() || waiter.is_notified() || there() {
            return woken(offer);
        }
        if let Some(end) = end {
            let now = Instant::now();
            if now >= end {
                return Ok(Wait::TimedOut);
            }
            left = Some(end - now);
        }
    }
}

/// A message that was received comes before what else there is to say.
fn woken(offer: &Offer<'_>) -> Result<Wait> {
    if offer.is_over() && offer.received().is_none() { Err(Errno::EINTR) } else { Ok(Wait::Woken) }
}

/// Does what the I/O thread would do now, if nobody leads: for a call that may not wait and has found nothing. Whether it
/// was done.
pub fn glance(io: &Arc<IoThread>) -> bool {
    let served =
        io.try_lead().is_some_and(|mut lead| lead.turn(Some(Duration::ZERO), None, &mut Offer::none()).is_ok());
    if served {
        call_free_functions();
    }
    served
}
