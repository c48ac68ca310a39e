//! Sockets: zmq_socket(3), zmq_close(3), options, endpoints, monitor. The thread that uses the socket.

use super::arg::{pointer, status, text};
use super::handle::{self, opaque};
use crate::errno::{Errno, Result};
use crate::socket::Socket;
use crate::socket::blocking::{SOCKETS, lock};
use crate::socket_type::SocketType;
use libc::{c_char, c_int, c_void};
use std::ffi::CStr;

/// Opens a socket.
///
/// # Errors
/// `EFAULT`: no context. `ETERM`: it is ending. `EINVAL`: unknown type. `EMFILE`: no slot is free. `ENOMEM`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_socket(context_: *mut c_void, type_: c_int) -> *mut c_void {
    pointer(open(context_, type_).map(opaque))
}

fn open(context: *mut c_void, kind: c_int) -> Result<usize> {
    let context = handle::context(context)?;
    if context.is_inherited() || context.is_shut_down() {
        return Err(Errno::ETERM);
    }
    let kind = SocketType::from_code(kind).ok_or(Errno::EINVAL)?;
    SOCKETS.insert(Box::new(Socket::open(&context, kind)?)).map_err(|(errno, socket)| {
        socket.close();
        errno
    })
}

/// Closes a socket. What it still has to send goes out as LINGER says, in the background.
///
/// # Errors
/// `ENOTSOCK`: no socket, or a closed one.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_close(s_: *mut c_void) -> c_int {
    status(SOCKETS.remove(handle::number(s_)).map(|socket| socket.close()).ok_or(Errno::ENOTSOCK))
}

/// Sets an option.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`. `EINVAL`: unknown option, wrong length or value, or not for this type.
///
/// # Safety
/// `optval_` points at `optvallen_` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_setsockopt(
    s_: *mut c_void,
    option_: c_int,
    optval_: *const c_void,
    optvallen_: usize,
) -> c_int {
    let set = || {
        let mut socket = lock(handle::number(s_))?;
        socket.check_open()?;
        if optval_.is_null() && optvallen_ > 0 {
            return Err(Errno::EINVAL);
        }
        let value = (!optval_.is_null()).then(|| {
            // SAFETY: as the caller promises.
            unsafe { std::slice::from_raw_parts(optval_.cast::<u8>(), optvallen_) }
        });
        socket.set_option(option_, value)
    };
    status(set())
}

/// Reads an option.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`. `EINVAL`: unknown option, a buffer of the wrong length, or an option that can only be set.
/// `EFAULT`: NULL.
///
/// # Safety
/// `optval_` points at as many bytes as `optvallen_` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_getsockopt(
    s_: *mut c_void,
    option_: c_int,
    optval_: *mut c_void,
    optvallen_: *mut usize,
) -> c_int {
    let get = || {
        let mut socket = lock(handle::number(s_))?;
        socket.check_open()?;
        // SAFETY: NULL or the caller's length.
        let length = unsafe { optvallen_.as_mut() }.ok_or(Errno::EFAULT)?;
        if optval_.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: as the caller promises.
        let buffer = unsafe { std::slice::from_raw_parts_mut(optval_.cast::<u8>(), *length) };
        *length = socket.get_option(option_, buffer)?;
        Ok(())
    };
    status(get())
}

/// Longest endpoint that is looked at: the names of endpoints are kept, and copied, in many places.
const ENDPOINT_MAX: usize = 65_535;

fn check_length(endpoint: &CStr) -> Result<()> {
    if endpoint.count_bytes() > ENDPOINT_MAX { Err(Errno::ENAMETOOLONG) } else { Ok(()) }
}

/// Runs an operation on a socket and an endpoint.
///
/// # Safety
/// `address` is NULL or ends with a NUL byte.
unsafe fn with_endpoint(
    socket: *mut c_void,
    address: *const c_char,
    operation: impl FnOnce(&mut Socket, &str) -> Result<()>,
) -> c_int {
    let run = || {
        let mut socket = lock(handle::number(socket))?;
        socket.check_open()?;
        // SAFETY: as the caller promises.
        let address = unsafe { text(address) }.map_err(|_| Errno::EINVAL)?;
        check_length(address)?;
        operation(&mut socket, address.to_str().map_err(|_| Errno::EINVAL)?)
    };
    status(run())
}

/// Accepts connections on an endpoint.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`. `EINVAL`: NULL or malformed. `EPROTONOSUPPORT`: unknown transport. `ENOCOMPATPROTO`: not for this
/// type. `EADDRINUSE`, `EADDRNOTAVAIL`, `ENODEV`, `ENAMETOOLONG`, `EMTHREAD`, `EMFILE`, or what the system says.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_bind(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { with_endpoint(s_, addr_, Socket::bind) }
}

/// Connects to an endpoint, in the background.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`. `EINVAL`: NULL or malformed. `EPROTONOSUPPORT`: unknown transport. `ENOCOMPATPROTO`: not for this
/// type. `ENAMETOOLONG`, `EMTHREAD`. `EADDRINUSE`: CONNECT_ROUTING_ID names a peer that is connected.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { with_endpoint(s_, addr_, Socket::connect) }
}

/// Takes a bind back. Also takes connects back: the two are one operation.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`. `EINVAL`: NULL or malformed. `EPROTONOSUPPORT`. `ENOENT`: no such endpoint.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_unbind(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { with_endpoint(s_, addr_, Socket::unbind) }
}

/// Takes a connect back; see [`zmq_unbind`].
///
/// # Errors
/// As [`zmq_unbind`].
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { with_endpoint(s_, addr_, Socket::unbind) }
}

/// Reports the socket's events on an inproc endpoint; NULL ends the reports.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`. `EINVAL`: malformed endpoint. `EPROTONOSUPPORT`: not inproc. `EADDRINUSE`, `EMFILE`.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor(s_: *mut c_void, addr_: *const c_char, events_: c_int) -> c_int {
    let set = || {
        let mut socket = lock(handle::number(s_))?;
        socket.check_open()?;
        if addr_.is_null() {
            return socket.set_monitor(None, 0);
        }
        // SAFETY: not NULL, and terminated as the caller promises.
        let address = unsafe { text(addr_) }?;
        check_length(address)?;
        let address = address.to_str().map_err(|_| Errno::EINVAL)?;
        // The events of the draft interface do not fit this form of the reports.
        let events = u16::try_from(events_).map_err(|_| Errno::EINVAL)?;
        socket.set_monitor(Some(address), u32::from(events))
    };
    status(set())
}
