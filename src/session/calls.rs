//! What the I/O thread, or whoever does its work, calls a session for.

use super::run::{Inner, Session, Stage};
use super::timers::{TIMER_CLOSE, TIMER_CONNECT, TIMER_HANDSHAKE, TIMER_HEARTBEAT, TIMER_LINGER, TIMER_RECONNECT};
use crate::errno::Errno;
use crate::message::Offer;
use crate::pipe::PipeEnd;
use crate::runtime::{IoObject, Readiness};
use std::mem::offset_of;
use std::sync::atomic::Ordering;

impl IoObject for Session {
    fn ready(&self, readiness: Readiness, offer: &mut Offer<'_>) {
        let mut inner = self.inner.lock();
        match &mut inner.stage {
            Stage::Running(engine) => {
                if readiness.readable {
                    engine.set_readable(readiness.hangup);
                }
                if readiness.writable {
                    engine.set_writable();
                }
                self.pump_into(&mut inner, Some(offer));
            }
            Stage::Connecting(_) if readiness.writable || readiness.hangup => self.finish_connecting(&mut inner),
            Stage::Proxy(..) => self.continue_proxy(&mut inner),
            Stage::Closing(..) => self.watch_closing(&mut inner),
            _ => {}
        }
    }

    fn timer(&self, kind: u32) {
        let mut inner = self.inner.lock();
        match kind {
            TIMER_HANDSHAKE if inner.handshake.is_some() => {
                inner.handshake = None;
                self.lose(&mut inner, Errno::ETIMEDOUT);
            }
            TIMER_HEARTBEAT if inner.heartbeat.is_some() => self.heartbeat(&mut inner),
            TIMER_RECONNECT if matches!(inner.stage, Stage::Waiting) => self.resolve(&mut inner),
            TIMER_CONNECT => self.connect_timed_out(&mut inner),
            TIMER_LINGER if inner.linger.is_some() => {
                inner.linger = None;
                inner.stopping = false;
                self.finish(&mut inner);
            }
            TIMER_CLOSE if inner.linger.is_some() => {
                inner.linger = None;
                self.closing_timed_out(&mut inner);
            }
            _ => {}
        }
    }

    fn memory(&self) -> [(usize, usize); 2] {
        [self.front(), (self.inner.data_ptr().addr() + offset_of!(Inner, pipe), PipeEnd::FRONT)]
    }

    fn prefetch(&self) {
        let Some(inner) = self.inner.try_lock() else { return };
        if let Some(pipe) = &inner.pipe {
            pipe.prefetch();
            pipe.prefetch_reader();
        }
    }

    fn scheduled(&self, offer: &mut Offer<'_>) {
        self.scheduled.store(false, Ordering::SeqCst);
        let mut inner = self.inner.lock();
        if let Some(pipe) = &mut inner.pipe {
            pipe.credit_arrived();
        }
        if let Stage::Running(engine) = &mut inner.stage {
            engine.look_at_pipe();
        }
        self.poll_zap(&mut inner);
        self.poll_negotiation(&mut inner);
        match inner.stage {
            Stage::Idle if inner.connect.is_some() => self.resolve(&mut inner),
            Stage::Running(_) => self.pump_into(&mut inner, Some(offer)),
            Stage::Done | Stage::Closing(..) => {}
            _ => {
                if inner.pipe.as_ref().is_some_and(PipeEnd::peer_closed) {
                    self.wind_up(&mut inner);
                }
            }
        }
    }
}
