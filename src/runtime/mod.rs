//! Threads and how they wake each other: a socket's mailbox, waiting application threads, I/O threads. Knows only
//! [`IoObject`], never a session.

mod command;
mod io_thread;
#[cfg(all(test, not(loom)))]
mod io_thread_tests;
mod lead;
#[cfg(all(test, loom))]
mod loom_tests;
mod mailbox;
mod rendezvous;
mod rest;
mod spin;
mod waiter;

pub use command::{Attachment, Command};
pub use io_thread::{IoObject, IoThread, Readiness, TimerId, Token};
pub use mailbox::{Mailbox, PipeOwner};
pub use rest::{Sources, glance, rest, rest_offering, rest_with};
pub use waiter::{Wait, Waiter, current_waiter};
