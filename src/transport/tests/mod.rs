//! Listeners and connections over loopback; what the tests share.
#![allow(unsafe_code, reason = "looks at buffers, limits and descriptors through the C library")]

mod bind;
mod connect;
mod filters;
mod ipc;
mod tuning;

use super::*;
use crate::endpoint::Endpoint;
use crate::errno::{Errno, Result};
use crate::options::{Inherited, Options};
use crate::socket_type::SocketType;
use crate::sys::poll::{PollFd, poll};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

fn options() -> Options {
    Options::new(SocketType::Pair, Inherited { ipv6: false, blocky: true, zero_copy_recv: true })
}

fn ipv6_options() -> Options {
    Options { ipv6: true, ..options() }
}

fn bind(text: &str, options: &Options) -> Result<Listener, BindError> {
    Listener::bind(&Endpoint::parse_bind(text).unwrap(), options)
}

fn bind_errno(text: &str, options: &Options) -> Errno {
    bind(text, options).map(|l| l.local_endpoint().to_owned()).unwrap_err().errno
}

fn address(text: &str, options: &Options) -> Result<ResolvedAddr> {
    match resolve(&Endpoint::parse_connect(text)?, options)? {
        Resolution::Ready(address) => Ok(address),
        Resolution::NeedsLookup(lookup) => panic!("{lookup:?}"),
    }
}

fn wait_for(fd: &impl AsFd, events: i16) {
    let mut fds = [PollFd { fd: fd.as_fd().as_raw_fd(), events, revents: 0 }];
    assert_eq!(poll(&mut fds, Some(std::time::Duration::from_secs(20)), None), Ok(1), "nothing happened");
}

/// Connects and waits for the end of the attempt.
fn connect(text: &str, options: &Options) -> Result<Stream> {
    let mut connecting = Connector::start(&address(text, options)?, options).map_err(|e| e.errno)?;
    if connecting.in_progress {
        wait_for(&connecting.stream, libc::POLLOUT);
    }
    Connector::finish(&mut connecting.stream)?;
    Ok(connecting.stream)
}

fn accept(listener: &Listener) -> Result<Stream, AcceptError> {
    wait_for(listener, libc::POLLIN);
    listener.accept().map(|stream| stream.expect("a connection was announced"))
}

/// Both ends of a connection to the listener.
fn pair(listener: &Listener, options: &Options) -> (Stream, Stream) {
    let client = connect(listener.local_endpoint(), options).unwrap();
    (client, accept(listener).unwrap())
}

fn read(stream: &Stream) -> Vec<u8> {
    wait_for(stream, libc::POLLIN);
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let n = stream.read(&mut buffer).unwrap();
    // SAFETY: so many bytes were initialised.
    buffer[..n].iter().map(|byte| unsafe { byte.assume_init() }).collect()
}

/// A path that no other test and no other run uses.
fn unique_path(name: &str) -> String {
    format!("{}/zmq-rs-{name}-{}", std::env::temp_dir().display(), std::process::id())
}

/// Whether this machine has IPv6 on its loopback interface.
fn has_ipv6() -> bool {
    std::net::TcpListener::bind("[::1]:0").is_ok()
}

/// Runs one test of this program alone in another process, with a mark that tells it so; `true` in that process.
fn alone(test: &str) -> bool {
    if std::env::var_os("ZMQ_RS_TEST_ALONE").is_some() {
        return true;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"])
        .env("ZMQ_RS_TEST_ALONE", "1")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed in its own process");
    false
}
