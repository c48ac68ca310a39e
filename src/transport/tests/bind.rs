//! tcp: what can be bound, under which name, and how it fails.

use super::*;
use std::net::TcpListener;
use std::os::fd::IntoRawFd;

/// A port that is not in use, and was not the moment before.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn names_of_bound_endpoints() {
    let cases = [
        ("tcp://127.0.0.1:*", "tcp://127.0.0.1:"),
        ("tcp://127.0.0.1:0", "tcp://127.0.0.1:"),
        ("tcp://*:*", "tcp://0.0.0.0:"),
        ("tcp://[*]:*", "tcp://0.0.0.0:"),
        ("tcp://lo:*", "tcp://127.0.0.1:"),
        ("tcp://[lo]:*", "tcp://127.0.0.1:"),
        ("tcp://localhost:*", "tcp://127.0.0.1:"),
        ("tcp://[127.0.0.1]:*", "tcp://127.0.0.1:"),
        ("tcp://127.1:*", "tcp://127.0.0.1:"),
        ("tcp://127.0.0.1%lo:*", "tcp://127.0.0.1:"),
        ("tcp://*%lo:*", "tcp://0.0.0.0:"),
        ("tcp://127.0.0.1:*;127.0.0.1:*", "tcp://127.0.0.1:"),
        ("tcp://1.2.3.4:*;127.0.0.1:*", "tcp://127.0.0.1:"),
    ];
    for (text, start) in cases {
        let listener = bind(text, &options()).unwrap();
        let port = listener.local_endpoint().strip_prefix(start).unwrap_or_else(|| panic!("{listener:?}"));
        assert_ne!(port.parse::<u16>().unwrap(), 0, "{text}");
    }
}

#[test]
fn names_of_ipv6_endpoints() {
    if !has_ipv6() {
        return;
    }
    let cases = [
        ("tcp://[::1]:*", "tcp://[::1]:"),
        ("tcp://::1:*", "tcp://[::1]:"),
        ("tcp://*:*", "tcp://[::]:"),
        ("tcp://[::1%lo]:*", "tcp://[::1]:"),
        ("tcp://[::1%1]:*", "tcp://[::1]:"),
        ("tcp://127.0.0.1:*", "tcp://[::ffff:127.0.0.1]:"),
    ];
    for (text, start) in cases {
        let listener = bind(text, &ipv6_options()).unwrap();
        let port = listener.local_endpoint().strip_prefix(start).unwrap_or_else(|| panic!("{listener:?}"));
        assert_ne!(port.parse::<u16>().unwrap(), 0, "{text}");
    }
}

#[test]
fn a_port_of_ones_own() {
    let port = free_port();
    let listener = bind(&format!("tcp://127.0.0.1: {port}x"), &options()).unwrap();
    assert_eq!(listener.local_endpoint(), format!("tcp://127.0.0.1:{port}"));
}

#[test]
fn wrong_addresses() {
    let invalid = [
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:abc",
        "127.0.0.1:65536",
        "127.0.0.1:* ",
        "127.0.0.1:*/x",
        "127.0.0.1:00",
        "127.0.0.1%:*",
        "127.0.0.1%0:*",
        "127.0.0.1%nosuch0:*",
        "lo%nosuch0:*",
        "lo;127.0.0.1:*",
        ";127.0.0.1:*",
        "127.0.0.1:*;",
        "a;b;127.0.0.1:*",
        "127.0.0.1:x;127.0.0.1:*",
        "/a",
    ];
    for address in invalid {
        assert_eq!(bind_errno(&format!("tcp://{address}"), &options()), Errno::EINVAL, "{address}");
    }
    let no_device = [
        ":*",
        "[]:*",
        "::1",
        "[::1]:*",
        "nosuch0.invalid:*",
        "[127.0.0.1:*",
        "127.0.0.1]:*",
        "[a]b:*",
        "%lo:*",
        "nosuch0.invalid:*;127.0.0.1:*",
    ];
    for address in no_device {
        assert_eq!(bind_errno(&format!("tcp://{address}"), &options()), Errno::ENODEV, "{address}");
    }
    assert_eq!(bind_errno("inproc://a", &options()), Errno::EPROTONOSUPPORT);
}

#[test]
fn what_a_failed_bind_reports() {
    let failure = bind("tcp://192.0.2.77:*", &options()).map(drop).unwrap_err();
    assert_eq!(failure.errno, Errno::EADDRNOTAVAIL);
    assert!(failure.fd.is_some());
    assert_eq!((failure.closed_endpoint.as_str(), failure.address.as_str()), ("", "192.0.2.77:*"));

    let failure = bind("tcp://[::1]:*", &options()).map(drop).unwrap_err();
    assert_eq!((failure.fd, failure.address.as_str()), (None, "[::1]:*"));
}

#[test]
fn an_address_in_use() {
    let first = bind("tcp://127.0.0.1:*", &options()).unwrap();
    let text = first.local_endpoint().to_owned();
    let failure = bind(&text, &options()).map(drop).unwrap_err();
    assert_eq!(failure.errno, Errno::EADDRINUSE);
    assert!(failure.fd.is_some());
    first.close().unwrap();
    assert_eq!(bind(&text, &options()).unwrap().local_endpoint(), text);
}

#[test]
fn binds_again_beside_connections_of_the_last_listener() {
    let listener = bind("tcp://127.0.0.1:*", &options()).unwrap();
    let text = listener.local_endpoint().to_owned();
    let (client, server) = pair(&listener, &options());
    listener.close().unwrap();
    // The side that closes first keeps the port for a while.
    drop(server);
    assert_eq!(read(&client), b"");
    drop(client);
    bind(&text, &options()).unwrap();
}

#[test]
fn privileged_ports() {
    // Not where everybody may use them.
    let limit = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    // SAFETY: no pointer is passed.
    if limit.trim().parse().unwrap_or(1024) < 7 || unsafe { libc::geteuid() } == 0 {
        return;
    }
    assert_eq!(bind_errno("tcp://127.0.0.1:7", &options()), Errno::EACCES);
}

#[test]
fn a_dual_stack_listener_serves_ipv4() {
    if !has_ipv6() {
        return;
    }
    let listener = bind("tcp://*:*", &ipv6_options()).unwrap();
    let port = listener.local_endpoint().rsplit_once(':').unwrap().1.to_owned();
    let client = connect(&format!("tcp://127.0.0.1:{port}"), &options()).unwrap();
    let server = accept(&listener).unwrap();
    assert_eq!(server.peer_address(), "::ffff:127.0.0.1");
    assert_eq!(client.peer_address(), "127.0.0.1");
    assert_eq!(client.remote_endpoint(), format!("tcp://127.0.0.1:{port}"));
    assert_eq!(server.local_endpoint(), format!("tcp://[::ffff:127.0.0.1]:{port}"));
}

#[test]
fn adopts_a_listening_socket() {
    let made = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("tcp://{}", made.local_addr().unwrap());
    let adopting = Options { use_fd: made.into_raw_fd(), ..options() };
    let listener = bind("tcp://127.0.0.1:*", &adopting).unwrap();
    assert_eq!(listener.local_endpoint(), name);
    assert_eq!(listener.raw_fd(), adopting.use_fd);
    assert!(listener.accept().unwrap().is_none(), "it became non-blocking");
    assert_eq!(bind_errno("tcp://127.0.0.1:*", &adopting), Errno::EADDRINUSE, "one listener per descriptor");
    let (client, server) = pair(&listener, &options());
    assert_eq!(client.local_endpoint(), server.remote_endpoint());
    listener.close().unwrap();
    assert_eq!(connect(&name, &options()).map(drop), Err(Errno::ECONNREFUSED), "it was closed");
}

#[test]
fn does_not_adopt_what_does_not_listen() {
    let idle = crate::sys::socket::unix().unwrap();
    let cases = [(1 << 24, Errno::EBADF), (idle.as_raw_fd(), Errno::EINVAL)];
    for (use_fd, errno) in cases {
        for text in ["tcp://127.0.0.1:*", "ipc:///tmp/zmq-rs-not-made"] {
            for _ in 0..2 {
                assert_eq!(bind_errno(text, &Options { use_fd, ..options() }), errno, "{text}");
            }
        }
    }
    let listening = TcpListener::bind("127.0.0.1:0").unwrap();
    let use_fd = listening.as_raw_fd();
    for text in ["tcp://127.0.0.1:x", "ipc://@", "ipc://@other-kind"] {
        assert_eq!(bind_errno(text, &Options { use_fd, ..options() }), Errno::EINVAL, "{text}");
    }
    assert!(listening.local_addr().is_ok(), "a failed bind leaves the descriptor alone");
}

#[test]
fn without_descriptors() {
    if !alone("transport::tests::bind::without_descriptors") {
        return;
    }
    let listener = bind("tcp://127.0.0.1:*", &options()).unwrap();
    let waiting = connect(listener.local_endpoint(), &options()).unwrap();
    wait_for(&listener, libc::POLLIN);
    let (tcp, ipc) =
        (address(listener.local_endpoint(), &options()).unwrap(), address("ipc://@x", &options()).unwrap());
    let lowest = std::fs::File::open("/dev/null").unwrap().as_raw_fd();
    let none = libc::rlimit { rlim_cur: libc::rlim_t::try_from(lowest).unwrap(), rlim_max: 4096 };
    // SAFETY: the limit is a local variable.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &none) }, 0);
    assert_eq!(bind_errno("tcp://127.0.0.1:*", &options()), Errno::EMFILE);
    assert_eq!(bind_errno("ipc://@zmq-rs-emfile", &options()), Errno::EMFILE);
    assert_eq!(listener.accept().map(drop), Err(AcceptError::Failed(Errno::EMFILE)));
    for address in [&tcp, &ipc] {
        let failure = Connector::start(address, &options()).map(drop).unwrap_err();
        assert_eq!(failure, ConnectError { errno: Errno::EMFILE, fd: None });
    }
    drop(waiting);
    assert!(listener.accept().unwrap().is_some(), "a connection that could not be accepted is not lost");
}
