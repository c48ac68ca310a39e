//! Waiting and forwarding: zmq_poll(3), zmq_proxy(3), zmq_proxy_steerable(3), zmq_device(3). The calling thread.

use super::arg::{number, status};
use super::handle;
use super::types::zmq_pollitem_t;
use crate::errno::{Errno, Result};
use crate::poll::{Item, Target, poll};
use crate::proxy::Proxy;
use crate::socket::blocking;
use libc::{c_int, c_long, c_void};

/// Waits for sockets and descriptors; returns how many are ready.
///
/// # Errors
/// `EINVAL`: a negative number of items. `EFAULT`: NULL with a number. `ENOTSOCK`: an item's socket is none. `ETERM`.
/// `EINTR`: a signal handler ran. `EMFILE`: the wait needs a descriptor and none is left. `ENOMEM`: too many items.
///
/// # Safety
/// `items_` points at `nitems_` items.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poll(items_: *mut zmq_pollitem_t, nitems_: c_int, timeout_: c_long) -> c_int {
    let wait = || {
        let count = usize::try_from(nitems_).map_err(|_| Errno::EINVAL)?;
        if count > 0 && items_.is_null() {
            return Err(Errno::EFAULT);
        }
        let places: &mut [zmq_pollitem_t] = match count {
            0 => &mut [],
            // SAFETY: as the caller promises.
            _ => unsafe { std::slice::from_raw_parts_mut(items_, count) },
        };
        let item = |place: &zmq_pollitem_t| Item {
            target: if place.socket.is_null() {
                Target::Fd(place.fd)
            } else {
                Target::Socket(handle::number(place.socket))
            },
            events: place.events,
            revents: 0,
        };
        let mut items = Vec::new();
        items.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
        items.extend(places.iter().map(item));
        let result = poll(&mut items, timeout_);
        for (place, item) in places.iter_mut().zip(&items) {
            place.revents = item.revents;
        }
        result.map(|ready| c_int::try_from(ready).unwrap_or(c_int::MAX))
    };
    number(wait())
}

fn run(frontend: *mut c_void, backend: *mut c_void, capture: *mut c_void, control: *mut c_void) -> Result<()> {
    if frontend.is_null() || backend.is_null() {
        return Err(Errno::EFAULT);
    }
    let optional = |s: *mut c_void| (!s.is_null()).then(|| handle::number(s));
    let proxy = Proxy {
        frontend: handle::number(frontend),
        backend: handle::number(backend),
        capture: optional(capture),
        control: optional(control),
    };
    if let Some(capture) = proxy.capture {
        drop(blocking::lock(capture)?);
    }
    proxy.run()
}

/// Forwards between two sockets, with a copy to `capture_` unless NULL. Returns only with an error.
///
/// # Errors
/// `EFAULT`: a side is NULL. `ENOTSOCK`, `ETERM`, `EINTR`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_proxy(frontend_: *mut c_void, backend_: *mut c_void, capture_: *mut c_void) -> c_int {
    status(run(frontend_, backend_, capture_, std::ptr::null_mut()))
}

/// Forwards as [`zmq_proxy`], steered by PAUSE, RESUME, TERMINATE and STATISTICS on `control_`.
///
/// # Errors
/// As [`zmq_proxy`]; 0 after TERMINATE.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_proxy_steerable(
    frontend_: *mut c_void,
    backend_: *mut c_void,
    capture_: *mut c_void,
    control_: *mut c_void,
) -> c_int {
    status(run(frontend_, backend_, capture_, control_))
}

/// The old form of [`zmq_proxy`]; the type says nothing.
///
/// # Errors
/// As [`zmq_proxy`].
#[unsafe(no_mangle)]
pub extern "C" fn zmq_device(_type_: c_int, frontend_: *mut c_void, backend_: *mut c_void) -> c_int {
    status(run(frontend_, backend_, std::ptr::null_mut(), std::ptr::null_mut()))
}
