//! What a socket shares with its sessions and listeners, and what outlives it until they are finished. Any thread.

use super::monitor::Monitor;
use crate::context::{Context, Limits};
use crate::errno::Result;
use crate::options::Options;
use crate::pattern::Attach;
use crate::pipe::{Hwm, PipeEnd, PipeOptions, pair};
use crate::runtime::{IoThread, Mailbox};
use crate::session::Host;
use crate::socket_type::SocketType;
use crate::sys::lock::Mutex;
use crate::transport::Resolver;
use crate::util::background::Background;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// The authentication handler's name (RFC 27).
const ZAP: &[u8] = b"zeromq.zap.01";

/// The shared part of a socket.
pub(super) struct Shared {
    context: Arc<Context>,
    mailbox: Arc<Mailbox>,
    id: u64,
    limits: Arc<Limits>,
    /// Events that the monitor wants; a copy, so that nobody takes the lock for nothing.
    wanted: AtomicU32,
    monitor: Mutex<Option<Monitor>>,
}

impl Shared {
    pub(super) fn new(context: Arc<Context>, mailbox: Arc<Mailbox>, id: u64, options: &Options) -> Arc<Shared> {
        let limits = Limits { send: AtomicI32::new(options.sndhwm), receive: AtomicI32::new(options.rcvhwm) };
        Arc::new(Shared {
            context,
            mailbox,
            id,
            limits: Arc::new(limits),
            wanted: AtomicU32::new(0),
            monitor: Mutex::new(None),
        })
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// Puts another monitor, or none, in the place of the present one, which is told that it has stopped.
    pub(super) fn set_monitor(&self, monitor: Option<Monitor>) {
        let mut current = self.monitor.lock();
        self.wanted.store(monitor.as_ref().map_or(0, Monitor::events), Ordering::Relaxed);
        let old = std::mem::replace(&mut *current, monitor);
        drop(current);
        if let Some(old) = old {
            old.stop();
        }
    }

    /// The socket is closed and has nothing left to send.
    pub(super) fn finished(&self) {
        self.set_monitor(None);
        self.context.slot_released();
    }

    /// Nothing of the socket is left.
    pub(super) fn gone(&self) {
        self.context.socket_gone();
    }
}

impl Host for Shared {
    fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    fn wants(&self, event: u16) -> bool {
        self.wanted.load(Ordering::Relaxed) & u32::from(event) != 0
    }

    fn emit(&self, event: u16, value: u32, endpoint: &str) {
        if !self.wants(event) {
            return;
        }
        if let Some(monitor) = &mut *self.monitor.lock() {
            monitor.emit(event, value, endpoint);
        }
    }

    fn choose_io_thread(&self, affinity: u64) -> Result<Arc<IoThread>> {
        self.context.choose_io_thread(affinity)
    }

    fn resolver(&self) -> &Resolver {
        self.context.resolver()
    }

    fn negotiations(&self, accepting: bool) -> &Background {
        self.context.negotiations(accepting)
    }

    fn connect_to_zap(&self) -> Option<PipeEnd> {
        let bound = self.context.inproc().find(ZAP)?;
        if !matches!(bound.socket_type, SocketType::Rep | SocketType::Router) {
            return None;
        }
        let (mut mine, mut theirs) = pair(PipeOptions { conflate: false });
        mine.set_hwm(Hwm::Unlimited, Hwm::Unlimited);
        theirs.set_hwm(Hwm::Unlimited, Hwm::Unlimited);
        let info = Attach { peer_id: Some(Vec::new()), ..Attach::default() };
        bound.attach(theirs, info);
        Some(mine)
    }
}
