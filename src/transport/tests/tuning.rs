//! Each option that becomes one of the kernel's, read back.

use super::*;
use crate::sys::sockopt;

/// A listener and both ends of a connection that were made with these options.
fn made_with(bound: &str, options: &Options) -> (Listener, Stream, Stream) {
    let listener = bind(bound, options).unwrap();
    let (client, server) = pair(&listener, options);
    (listener, client, server)
}

#[test]
fn without_options_the_system_decides() {
    let plain = crate::sys::socket::tcp(crate::sys::sockaddr::Family::V4).unwrap();
    let (listener, client, server) = made_with("tcp://127.0.0.1:*", &options());
    assert_eq!(sockopt::reuse_address(listener.as_fd()), Ok(1));
    for stream in [&client, &server] {
        assert_eq!(sockopt::no_delay(stream.as_fd()), Ok(1));
        assert_eq!(sockopt::keepalive(stream.as_fd()), Ok(0));
        assert_eq!(sockopt::user_timeout(stream.as_fd()), Ok(0));
        assert_eq!(sockopt::tos(stream.as_fd()), Ok(0));
        assert_eq!(sockopt::keepalive_count(stream.as_fd()), sockopt::keepalive_count(plain.as_fd()));
    }
    for fd in [listener.raw_fd(), client.raw_fd(), server.raw_fd()] {
        // SAFETY: no pointer is passed.
        assert_eq!(unsafe { libc::fcntl(fd, libc::F_GETFD) } & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        // SAFETY: no pointer is passed.
        assert_eq!(unsafe { libc::fcntl(fd, libc::F_GETFL) } & libc::O_NONBLOCK, libc::O_NONBLOCK);
    }
}

#[test]
fn keepalive_and_timeouts() {
    let tuned = Options {
        tcp_keepalive: 1,
        tcp_keepalive_cnt: 7,
        tcp_keepalive_idle: 31,
        tcp_keepalive_intvl: 11,
        tcp_maxrt: 4321,
        ..options()
    };
    let (_listener, client, server) = made_with("tcp://127.0.0.1:*", &tuned);
    for stream in [&client, &server] {
        assert_eq!(sockopt::keepalive(stream.as_fd()), Ok(1));
        assert_eq!(sockopt::keepalive_count(stream.as_fd()), Ok(7));
        assert_eq!(sockopt::keepalive_idle(stream.as_fd()), Ok(31));
        assert_eq!(sockopt::keepalive_interval(stream.as_fd()), Ok(11));
        assert_eq!(sockopt::user_timeout(stream.as_fd()), Ok(4321));
    }
}

#[test]
fn keepalive_details_count_only_with_keepalive() {
    let tuned = Options { tcp_keepalive_cnt: 3, ..options() };
    let (_listener, client, _server) = made_with("tcp://127.0.0.1:*", &tuned);
    assert_ne!(sockopt::keepalive_count(client.as_fd()), Ok(3));
    let zero = Options { tcp_keepalive: 1, tcp_keepalive_cnt: 0, tcp_keepalive_idle: 0, ..options() };
    let (_listener, client, _server) = made_with("tcp://127.0.0.1:*", &zero);
    assert_eq!(sockopt::keepalive(client.as_fd()), Ok(1), "what the kernel refuses keeps its default");
}

#[test]
fn buffers() {
    let tuned = Options { sndbuf: 40_000, rcvbuf: 50_000, ..options() };
    for bound in ["tcp://127.0.0.1:*", "ipc://*"] {
        let (listener, client, server) = made_with(bound, &tuned);
        for fd in [listener.as_fd(), client.as_fd(), server.as_fd()] {
            // The kernel doubles what it is asked for.
            assert_eq!(sockopt::send_buffer(fd), Ok(80_000), "{bound}");
            assert_eq!(sockopt::receive_buffer(fd), Ok(100_000), "{bound}");
        }
        let smallest = Options { sndbuf: 0, rcvbuf: 0, ..options() };
        made_with(bound, &smallest);
    }
}

#[test]
fn type_of_service() {
    let tuned = Options { tos: 0x28, ..options() };
    let (listener, client, server) = made_with("tcp://127.0.0.1:*", &tuned);
    for fd in [listener.as_fd(), client.as_fd(), server.as_fd()] {
        assert_eq!(sockopt::tos(fd), Ok(0x28));
    }
    if has_ipv6() {
        let (listener, client, server) = made_with("tcp://[::1]:*", &Options { ipv6: true, ..tuned });
        for fd in [listener.as_fd(), client.as_fd(), server.as_fd()] {
            assert_eq!(sockopt::traffic_class(fd), Ok(0x28));
        }
        let any = bind("tcp://*:*", &ipv6_options()).unwrap();
        assert_eq!(sockopt::v6_only(any.as_fd()), Ok(0));
    }
}

#[test]
fn device() {
    let tied = Options { bind_to_device: b"lo".to_vec(), ..options() };
    match bind("tcp://127.0.0.1:*", &tied) {
        Ok(listener) => {
            assert_eq!(sockopt::device(listener.as_fd()).as_deref(), Ok("lo"));
            let (client, _server) = pair(&listener, &tied);
            assert_eq!(sockopt::device(client.as_fd()).as_deref(), Ok("lo"));
        }
        Err(e) => assert_eq!(e.errno, Errno::EPERM),
    }
    let unknown = Options { bind_to_device: b"nosuch0".to_vec(), ..options() };
    let failure = bind("tcp://127.0.0.1:*", &unknown).map(drop).unwrap_err();
    assert!([Errno::ENODEV, Errno::EPERM].contains(&failure.errno));
    assert_eq!(failure.fd, None);
    let address = address("tcp://127.0.0.1:5", &options()).unwrap();
    assert_eq!(Connector::start(&address, &unknown).map(drop).unwrap_err().errno, failure.errno);
}

#[test]
fn backlog() {
    let listener = bind("ipc://*", &Options { backlog: 0, ..options() }).unwrap();
    let address = address(listener.local_endpoint(), &options()).unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        match Connector::start(&address, &options()) {
            Ok(connecting) => waiting.push(connecting),
            Err(e) => break e.errno,
        }
    };
    assert_eq!(full, Errno::EAGAIN);
    assert_eq!(waiting.len(), 1, "a Unix socket holds one more than the backlog");
}
