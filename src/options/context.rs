//! Options of a context: the values, their defaults, and one table row per option. Any thread, under the context's lock.

use super::Inherited;
use crate::errno::{Errno, Result};
use core::ops::RangeInclusive;
use libc::c_int;
use std::collections::BTreeSet;

/// Numbers of the context options, as zmq.h has them without the `ZMQ_`.
#[allow(missing_docs, reason = "each is the option of the same name in zmq_ctx_set(3)")]
pub mod id {
    use libc::c_int;

    pub const IO_THREADS: c_int = 1;
    pub const MAX_SOCKETS: c_int = 2;
    pub const SOCKET_LIMIT: c_int = 3;
    pub const THREAD_PRIORITY: c_int = 3;
    pub const THREAD_SCHED_POLICY: c_int = 4;
    pub const MAX_MSGSZ: c_int = 5;
    pub const MSG_T_SIZE: c_int = 6;
    pub const THREAD_AFFINITY_CPU_ADD: c_int = 7;
    pub const THREAD_AFFINITY_CPU_REMOVE: c_int = 8;
    pub const THREAD_NAME_PREFIX: c_int = 9;
    pub const ZERO_COPY_RECV: c_int = 10;
    pub const IPV6: c_int = 42;
    pub const BLOCKY: c_int = 70;
}

/// Sockets that SOCKET_LIMIT reports as the most that can be asked for.
const MOST_SOCKETS: c_int = 65_535;

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

type Store = fn(&mut ContextOptions, c_int) -> Result<()>;

/// One number. Two options can share it, one that is set and one that is read.
struct Row {
    id: c_int,
    /// Values that are accepted, and what is done with one.
    set: Option<(RangeInclusive<c_int>, Store)>,
    get: Option<fn(&ContextOptions) -> c_int>,
}

/// A number in a range, kept in a field.
macro_rules! number {
    ($id:expr, $range:expr, $field:ident) => {
        Row {
            id: $id,
            set: Some(($range, |o, v| {
                o.$field = v;
                Ok(())
            })),
            get: Some(|o| o.$field),
        }
    };
}

/// A flag, kept in a field: false if 0, true from 1 on.
macro_rules! flag {
    ($id:expr, $field:ident) => {
        Row {
            id: $id,
            set: Some((FROM_ZERO, |o, v| {
                o.$field = v != 0;
                Ok(())
            })),
            get: Some(|o| c_int::from(o.$field)),
        }
    };
}

const FROM_ZERO: RangeInclusive<c_int> = 0..=c_int::MAX;

static ROWS: &[Row] = &[
    number!(id::IO_THREADS, FROM_ZERO, io_threads),
    number!(id::MAX_SOCKETS, 1..=c_int::MAX, max_sockets),
    // One number for an option that is set and another that is read, SOCKET_LIMIT.
    Row {
        id: id::THREAD_PRIORITY,
        set: Some((FROM_ZERO, |o, v| {
            o.thread_priority = v;
            Ok(())
        })),
        get: Some(|_| MOST_SOCKETS),
    },
    number!(id::THREAD_SCHED_POLICY, FROM_ZERO, thread_sched_policy),
    number!(id::MAX_MSGSZ, FROM_ZERO, max_msg_size),
    Row { id: id::MSG_T_SIZE, set: None, get: Some(|_| size_of::<crate::message::Msg>() as c_int) },
    Row {
        id: id::THREAD_AFFINITY_CPU_ADD,
        set: Some((FROM_ZERO, |o, v| {
            o.thread_affinity.insert(v);
            Ok(())
        })),
        get: None,
    },
    // Only what was added.
    Row {
        id: id::THREAD_AFFINITY_CPU_REMOVE,
        set: Some((FROM_ZERO, |o, v| if o.thread_affinity.remove(&v) { Ok(()) } else { Err(Errno::EINVAL) })),
        get: None,
    },
    // As a number.
    Row {
        id: id::THREAD_NAME_PREFIX,
        set: Some((c_int::MIN..=c_int::MAX, |o, v| {
            o.thread_name_prefix = v.to_string();
            Ok(())
        })),
        get: Some(|o| o.thread_name_prefix.parse().unwrap_or(0)),
    },
    flag!(id::ZERO_COPY_RECV, zero_copy_recv),
    flag!(id::IPV6, ipv6),
    flag!(id::BLOCKY, blocky),
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

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: c_int = c_int::MAX;
    const MIN: c_int = c_int::MIN;

    #[test]
    fn options_that_are_set_and_read() {
        // Number, default, accepted with what is read then, refused.
        type Case = (c_int, c_int, &'static [(c_int, c_int)], &'static [c_int]);
        let cases: &[Case] = &[
            (id::IO_THREADS, 1, &[(0, 0), (1, 1), (MAX, MAX)], &[-1, MIN]),
            (id::MAX_SOCKETS, 1023, &[(1, 1), (70_000, 70_000), (MAX, MAX)], &[0, -1, MIN]),
            (id::SOCKET_LIMIT, 65_535, &[(0, 65_535), (MAX, 65_535)], &[-1, MIN]),
            (id::THREAD_SCHED_POLICY, -1, &[(0, 0), (MAX, MAX)], &[-1, MIN]),
            (id::MAX_MSGSZ, MAX, &[(0, 0), (MAX, MAX)], &[-1, MIN]),
            (id::THREAD_NAME_PREFIX, 0, &[(1234, 1234), (0, 0), (-1, -1), (MAX, MAX)], &[]),
            (id::ZERO_COPY_RECV, 1, &[(0, 0), (1, 1), (MAX, 1)], &[-1, MIN]),
            (id::IPV6, 0, &[(1, 1), (0, 0), (MAX, 1)], &[-1, MIN]),
            (id::BLOCKY, 1, &[(0, 0), (1, 1), (MAX, 1)], &[-1, MIN]),
        ];
        for &(id, default, accepted, refused) in cases {
            let mut o = ContextOptions::default();
            assert_eq!(o.get(id), Ok(default), "{id}");
            for &(value, read) in accepted {
                assert_eq!(o.set(id, value), Ok(()), "{id} = {value}");
                assert_eq!(o.get(id), Ok(read), "{id}");
            }
            let last = o.get(id);
            for &value in refused {
                assert_eq!(o.set(id, value), Err(Errno::EINVAL), "{id} = {value}");
            }
            assert_eq!(o.get(id), last, "{id}");
        }
    }

    #[test]
    fn size_of_a_message_is_only_read() {
        let mut o = ContextOptions::default();
        assert_eq!(o.get(id::MSG_T_SIZE), Ok(64));
        assert_eq!(o.set(id::MSG_T_SIZE, 64), Err(Errno::EINVAL));
    }

    #[test]
    fn thread_settings_that_are_only_set() {
        let mut o = ContextOptions::default();
        o.set(id::THREAD_PRIORITY, 7).unwrap();
        assert_eq!((o.thread_priority, o.get(id::THREAD_PRIORITY)), (7, Ok(65_535)));
        for id in [id::THREAD_AFFINITY_CPU_ADD, id::THREAD_AFFINITY_CPU_REMOVE] {
            assert_eq!(o.get(id), Err(Errno::EINVAL));
            assert_eq!(o.set(id, -1), Err(Errno::EINVAL));
        }
        assert_eq!(o.set(id::THREAD_AFFINITY_CPU_REMOVE, 3), Err(Errno::EINVAL), "not in the set");
        for cpu in [3, 0, 3] {
            assert_eq!(o.set(id::THREAD_AFFINITY_CPU_ADD, cpu), Ok(()));
        }
        assert!(o.thread_affinity.iter().eq(&[0, 3]));
        assert_eq!(o.set(id::THREAD_AFFINITY_CPU_REMOVE, 3), Ok(()));
        assert_eq!(o.set(id::THREAD_AFFINITY_CPU_REMOVE, 3), Err(Errno::EINVAL));
        o.set(id::THREAD_NAME_PREFIX, 12).unwrap();
        assert_eq!(o.thread_name_prefix, "12");
    }

    #[test]
    fn everything_else_is_refused() {
        let known = |id| matches!(id, 1..=10 | 42 | 70);
        for id in (-3..200).filter(|id| !known(*id)) {
            let mut o = ContextOptions::default();
            assert_eq!(o.get(id), Err(Errno::EINVAL), "{id}");
            assert_eq!(o.set(id, 1), Err(Errno::EINVAL), "{id}");
        }
    }

    #[test]
    fn inherited_by_sockets() {
        let mut o = ContextOptions::default();
        let inherited = o.inherited();
        assert_eq!((inherited.ipv6, inherited.blocky, inherited.zero_copy_recv), (false, true, true));
        for (id, value) in [(id::IPV6, 1), (id::BLOCKY, 0), (id::ZERO_COPY_RECV, 0)] {
            o.set(id, value).unwrap();
        }
        let inherited = o.inherited();
        assert_eq!((inherited.ipv6, inherited.blocky, inherited.zero_copy_recv), (true, false, false));
    }
}
