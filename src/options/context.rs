//! Options of a context: the values, their defaults, and one table row per option. Any thread, under the context's lock.

use super::Inherited;
use crate::errno::{Errno, Result};
use core::ops::RangeInclusive;
use libc::c_int;
use std::collections::BTreeSet;

/// Sockets that SOCKET_LIMIT reports as the most that can be asked for.
const SOCKET_LIMIT: c_int = 65_535;

/// Every context option's value (zmq_ctx_set(3)). What the first socket starts or sizes is read then, what sockets inherit
/// when they are made; a later change is kept but has no effect on them.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each field is the option of the same name in zmq_ctx_set(3)")]
pub struct ContextOptions {
    pub io_threads: c_int,
    pub max_sockets: c_int,
    /// -1 leaves the system's default.
    pub thread_priority: c_int,
    /// -1 leaves the system's default.
    pub thread_sched_policy: c_int,
    /// Kept for reading: libzmq enforces it nowhere, and programs rely on messages beyond it.
    pub max_msg_size: c_int,
    /// Processors that the threads may run on; empty leaves the system's default.
    pub thread_affinity: BTreeSet<c_int>,
    /// The number set as THREAD_NAME_PREFIX, in the text that goes before the threads' names; empty for none.
    pub thread_name_prefix: String,
    pub zero_copy_recv: bool,
    pub ipv6: bool,
    pub blocky: bool,
}

impl Default for ContextOptions {
    fn default() -> ContextOptions {
        ContextOptions {
            io_threads: 1,
            max_sockets: 1023,
            thread_priority: -1,
            thread_sched_policy: -1,
            max_msg_size: c_int::MAX,
            thread_affinity: BTreeSet::new(),
            thread_name_prefix: String::new(),
            zero_copy_recv: true,
            ipv6: false,
            blocky: true,
        }
    }
}

/// One number. Two options can share it, one that is set and one that is read.
struct Row {
    id: c_int,
    set: Option<(RangeInclusive<c_int>, fn(&mut ContextOptions, c_int) -> Result<()>)>,
    get: Option<fn(&ContextOptions) -> c_int>,
}

/// An option that can be set in a range and read, kept in a field by way of `$store`.
macro_rules! both {
    ($id:literal, $range:expr, $field:ident, $store:expr) => {
        Row {
            id: $id,
            set: Some(($range, |o, v| {
                let store: fn(c_int) -> _ = $store;
                o.$field = store(v);
                Ok(())
            })),
            get: Some(|o| c_int::from(o.$field)),
        }
    };
}

const FROM_ZERO: RangeInclusive<c_int> = 0..=c_int::MAX;

static ROWS: &[Row] = &[
    // IO_THREADS
    both!(1, FROM_ZERO, io_threads, |v| v),
    // MAX_SOCKETS
    both!(2, 1..=c_int::MAX, max_sockets, |v| v),
    // THREAD_PRIORITY is set, SOCKET_LIMIT is read.
    Row {
        id: 3,
        set: Some((FROM_ZERO, |o, v| {
            o.thread_priority = v;
            Ok(())
        })),
        get: Some(|_| SOCKET_LIMIT),
    },
    // THREAD_SCHED_POLICY
    both!(4, FROM_ZERO, thread_sched_policy, |v| v),
    // MAX_MSGSZ
    both!(5, FROM_ZERO, max_msg_size, |v| v),
    // MSG_T_SIZE
    Row { id: 6, set: None, get: Some(|_| size_of::<crate::message::Msg>() as c_int) },
    // THREAD_AFFINITY_CPU_ADD
    Row {
        id: 7,
        set: Some((FROM_ZERO, |o, v| {
            o.thread_affinity.insert(v);
            Ok(())
        })),
        get: None,
    },
    // THREAD_AFFINITY_CPU_REMOVE: only what was added.
    Row {
        id: 8,
        set: Some((FROM_ZERO, |o, v| if o.thread_affinity.remove(&v) { Ok(()) } else { Err(Errno::EINVAL) })),
        get: None,
    },
    // THREAD_NAME_PREFIX, as a number.
    Row {
        id: 9,
        set: Some((c_int::MIN..=c_int::MAX, |o, v| {
            o.thread_name_prefix = v.to_string();
            Ok(())
        })),
        get: Some(|o| o.thread_name_prefix.parse().unwrap_or(0)),
    },
    // ZERO_COPY_RECV
    both!(10, FROM_ZERO, zero_copy_recv, |v| v != 0),
    // IPV6
    both!(42, FROM_ZERO, ipv6, |v| v != 0),
    // BLOCKY
    both!(70, FROM_ZERO, blocky, |v| v != 0),
];

impl ContextOptions {
    /// Sets an option.
    ///
    /// # Errors
    /// `EINVAL`: there is no such option, it cannot be set, or the value is not allowed.
    pub fn set(&mut self, id: c_int, value: c_int) -> Result<()> {
        let (range, store) =
            ROWS.iter().find(|row| row.id == id).and_then(|row| row.set.as_ref()).ok_or(Errno::EINVAL)?;
        if range.contains(&value) { store(self, value) } else { Err(Errno::EINVAL) }
    }

    /// The value of an option. -1 is the default of THREAD_SCHED_POLICY.
    ///
    /// # Errors
    /// `EINVAL`: there is no such option, or it cannot be read.
    pub fn get(&self, id: c_int) -> Result<c_int> {
        ROWS.iter().find(|row| row.id == id).and_then(|row| row.get).map(|load| load(self)).ok_or(Errno::EINVAL)
    }

    /// What a socket made now takes over.
    pub fn inherited(&self) -> Inherited {
        Inherited { ipv6: self.ipv6, blocky: self.blocky, zero_copy_recv: self.zero_copy_recv }
    }
}
