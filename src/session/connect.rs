//! The connecting half of a session's life: name resolution, connecting, a proxy, the wait before the next attempt.

use super::backoff::Backoff;
use super::host::event;
use super::run::{Inner, Session, Stage};
use super::timers::{TIMER_CONNECT, TIMER_RECONNECT};
use crate::endpoint::Endpoint;
use crate::errno::{Errno, Result};
use crate::options::{Options, stop};
use crate::runtime::{Command, TimerId};
use crate::transport::{self, Connecting, Connector, Resolution, ResolvedAddr, Stream, socks};
use crate::util::random;
use std::io::IoSlice;
use std::os::fd::AsFd;
use std::time::Duration;

/// Where a session connects to.
#[derive(Debug)]
pub(super) struct Connect {
    endpoint: Endpoint,
    text: String,
    backoff: Backoff,
    timeout: Option<TimerId>,
    /// No attempt follows the present one.
    last: bool,
}

impl Connect {
    pub(super) fn new(endpoint: Endpoint, text: String, options: &Options) -> Connect {
        let backoff = Backoff::new(options.reconnect_ivl, options.reconnect_ivl_max);
        Connect { endpoint, text, backoff, timeout: None, last: false }
    }

    /// The present attempt is the last.
    pub(super) fn set_last(&mut self) {
        self.last = true;
    }

    /// The endpoint as the user wrote it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Session {
    /// Begins an attempt to connect.
    pub(super) fn resolve(&self, inner: &mut Inner) {
        let Some(connect) = &inner.connect else { return };
        match transport::resolve(&connect.endpoint, &self.origin.options) {
            Ok(Resolution::Ready(address)) => self.open(inner, &address),
            Ok(Resolution::NeedsLookup(lookup)) => {
                inner.stage = Stage::Resolving;
                let me = self.me.clone();
                let submitted = self.origin.host.resolver().submit(lookup, move |result| {
                    if let Some(session) = me.upgrade() {
                        session.resolved(result);
                    }
                });
                if submitted.is_err() {
                    self.retry(inner);
                }
            }
            Err(_) => self.retry(inner),
        }
    }

    /// The resolver's answer, on the resolver's thread.
    fn resolved(&self, result: Result<ResolvedAddr>) {
        let mut inner = self.inner.lock();
        if !matches!(inner.stage, Stage::Resolving) {
            return;
        }
        match result {
            Ok(address) => self.open(&mut inner, &address),
            Err(_) => self.retry(&mut inner),
        }
    }

    fn open(&self, inner: &mut Inner, address: &ResolvedAddr) {
        let Some(connect) = &mut inner.connect else { return };
        let options = &self.origin.options;
        let host = &self.origin.host;
        let error = match Connector::start(address, options) {
            Ok(Connecting { stream, in_progress }) => {
                if in_progress {
                    host.emit(event::CONNECT_DELAYED, Errno::EINPROGRESS.0 as u32, &connect.text);
                }
                if self.io.watch(self.token, stream.as_fd()).is_err() {
                    return self.retry(inner);
                }
                if !in_progress {
                    return self.connected(inner, stream);
                }
                inner.stage = Stage::Connecting(stream);
                return self.limit_attempt(inner, options.connect_timeout);
            }
            Err(error) => error,
        };
        if let Some(fd) = error.fd {
            host.emit(event::CLOSED, fd as u32, &connect.text);
        }
        self.failed(inner, error.errno);
    }

    /// Gives the attempt up after so many milliseconds; 0 is never.
    fn limit_attempt(&self, inner: &mut Inner, timeout_ms: i32) {
        if let Some(connect) = &mut inner.connect
            && timeout_ms > 0
        {
            let after = Duration::from_millis(timeout_ms as u64);
            connect.timeout = Some(self.io.add_timer(self.token, after, TIMER_CONNECT));
        }
    }

    fn cancel_connect_timeout(&self, inner: &mut Inner) {
        if let Some(timer) = inner.connect.as_mut().and_then(|c| c.timeout.take()) {
            self.io.cancel_timer(timer);
        }
    }

    /// The kernel says whether the connection was made.
    pub(super) fn finish_connecting(&self, inner: &mut Inner) {
        let Stage::Connecting(mut stream) = std::mem::replace(&mut inner.stage, Stage::Idle) else { return };
        match Connector::finish(&mut stream) {
            Err(Errno::EINPROGRESS) => inner.stage = Stage::Connecting(stream),
            result => {
                self.cancel_connect_timeout(inner);
                match result {
                    Ok(()) => self.connected(inner, stream),
                    Err(errno) => self.give_up(inner, stream, errno),
                }
            }
        }
    }

    pub(super) fn connect_timed_out(&self, inner: &mut Inner) {
        match std::mem::replace(&mut inner.stage, Stage::Idle) {
            Stage::Connecting(stream) | Stage::Proxy(stream, _) => {
                self.cancel_connect_timeout(inner);
                self.give_up(inner, stream, Errno::ETIMEDOUT);
            }
            other => inner.stage = other,
        }
    }

    fn give_up(&self, inner: &mut Inner, stream: Stream, errno: Errno) {
        self.close_unconnected(inner, stream);
        self.failed(inner, errno);
    }

    /// Closes a stream that has not become a connection.
    pub(super) fn close_unconnected(&self, inner: &Inner, stream: Stream) {
        let fd = stream.raw_fd();
        drop(stream);
        if let Some(connect) = &inner.connect {
            self.origin.host.emit(event::CLOSED, fd as u32, connect.text());
        }
    }

    /// An attempt failed.
    fn failed(&self, inner: &mut Inner, errno: Errno) {
        if errno == Errno::ECONNREFUSED && self.stops_at(stop::CONN_REFUSED) {
            self.origin.host.mailbox().send(Command::EndpointGone(self.origin.endpoint));
            return self.finish(inner);
        }
        self.retry(inner);
    }

    fn connected(&self, inner: &mut Inner, stream: Stream) {
        let options = &self.origin.options;
        let Some(connect) = &mut inner.connect else { return };
        connect.backoff.reset();
        let Endpoint::Tcp(destination) = &connect.endpoint else { return self.established(inner, stream) };
        if options.socks_proxy.is_empty() {
            return self.established(inner, stream);
        }
        match socks::Client::new(destination, &options.socks_username, &options.socks_password) {
            Ok(client) => {
                inner.stage = Stage::Proxy(stream, Box::new(client));
                // A proxy that says nothing must not hold the attempt for ever.
                let limits = [options.connect_timeout, options.handshake_ivl];
                self.limit_attempt(inner, limits.into_iter().find(|ms| *ms > 0).unwrap_or(0));
                self.continue_proxy(inner);
            }
            Err(errno) => self.give_up(inner, stream, errno),
        }
    }

    fn established(&self, inner: &mut Inner, stream: Stream) {
        if let Some(connect) = &inner.connect {
            self.origin.host.emit(event::CONNECTED, stream.raw_fd() as u32, connect.text());
        }
        self.begin(inner, stream, false);
    }

    /// Goes on with the conversation with a SOCKS proxy.
    pub(super) fn continue_proxy(&self, inner: &mut Inner) {
        let Stage::Proxy(stream, mut client) = std::mem::replace(&mut inner.stage, Stage::Idle) else { return };
        let result = converse(&stream, &mut client);
        if let Ok(false) = result {
            inner.stage = Stage::Proxy(stream, client);
            return;
        }
        self.cancel_connect_timeout(inner);
        match result {
            Ok(_) => self.established(inner, stream),
            Err(errno) => self.give_up(inner, stream, errno),
        }
    }

    /// Waits for the next attempt, if there is to be one.
    pub(super) fn retry(&self, inner: &mut Inner) {
        inner.stage = Stage::Waiting;
        let Some(connect) = &mut inner.connect else { return };
        if connect.last {
            return self.finish(inner);
        }
        if let Some(wait) = connect.backoff.next_ms(random::u32()) {
            self.origin.host.emit(event::CONNECT_RETRIED, wait, &connect.text);
            self.io.add_timer(self.token, Duration::from_millis(u64::from(wait)), TIMER_RECONNECT);
        }
        if inner.stopping {
            self.wind_up(inner);
        }
    }
}

/// Goes as far as the kernel lets it; whether the proxy has connected. Reads byte by byte, because what follows the
/// conversation belongs to the protocol.
fn converse(stream: &Stream, client: &mut socks::Client) -> Result<bool> {
    loop {
        while !client.output().is_empty() {
            match stream.write_vectored(&[IoSlice::new(client.output())]) {
                Ok(n) => client.written(n),
                Err(Errno::EAGAIN) => return Ok(false),
                Err(errno) => return Err(errno),
            }
        }
        if client.is_connected() {
            return Ok(true);
        }
        match stream.read_byte() {
            Ok(Some(byte)) => {
                client.receive(&[byte])?;
            }
            Ok(None) => return Err(Errno::ECONNRESET),
            Err(Errno::EAGAIN) => return Ok(false),
            Err(errno) => return Err(errno),
        }
    }
}
