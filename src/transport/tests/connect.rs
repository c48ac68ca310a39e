//! Attempts to connect, and the bytes of what they lead to.

use super::*;
use crate::message::RecvBuffer;
use std::io::IoSlice;
use std::net::SocketAddr;

fn target(text: &str, options: &Options) -> Result<(SocketAddr, Option<SocketAddr>)> {
    match address(text, options)? {
        ResolvedAddr::Tcp { target, source } => Ok((target, source)),
        ResolvedAddr::Ipc(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_resolved_at_once() {
    let resolved = |text: &str, options: &Options| {
        let (target, source) = target(text, options).unwrap();
        (target.to_string(), source.map(|s| s.to_string()))
    };
    assert_eq!(resolved("tcp://127.0.0.1:5", &options()), ("127.0.0.1:5".to_owned(), None));
    assert_eq!(resolved("tcp://0.0.0.0:5", &options()).0, "0.0.0.0:5");
    assert_eq!(resolved("tcp://127.0.0.1:0", &options()).0, "127.0.0.1:0");
    assert_eq!(resolved("tcp://127.0.0.1%lo:5x", &options()).0, "127.0.0.1:5");
    for (source, address) in [("lo:*", "127.0.0.1:0"), ("1.2.3.4:9", "1.2.3.4:9"), ("127.0.0.1:0", "127.0.0.1:0")] {
        let (_, found) = resolved(&format!("tcp://{source};127.0.0.1:5"), &options());
        assert_eq!(found.as_deref(), Some(address));
    }
    if has_ipv6() {
        assert_eq!(resolved("tcp://127.0.0.1:5", &ipv6_options()).0, "[::ffff:127.0.0.1]:5");
        assert_eq!(resolved("tcp://[::1]:5", &ipv6_options()).0, "[::1]:5");
        assert_eq!(resolved("tcp://::1:5", &ipv6_options()).0, "[::1]:5");
    }
}

#[test]
fn what_fails_at_each_attempt() {
    let cases = [
        ("tcp://:5", Errno::EINVAL),
        ("tcp://127.0.0.1:65536", Errno::EINVAL),
        ("tcp://[::1]:5", Errno::EINVAL),
        ("tcp://[127.0.0.1:5", Errno::EINVAL),
        ("tcp://[a]b:5", Errno::EINVAL),
        ("tcp://127.0.0.1%nosuch0:5", Errno::EINVAL),
        ("tcp://nosuch0:0;127.0.0.1:5", Errno::ENODEV),
        ("tcp://localhost:0;127.0.0.1:5", Errno::ENODEV),
        ("tcp://127.0.0.1:x;127.0.0.1:5", Errno::EINVAL),
        ("tcp://127.0.0.1:5;6", Errno::EINVAL),
        ("inproc://a", Errno::EPROTONOSUPPORT),
    ];
    for (text, errno) in cases {
        assert_eq!(address(text, &options()).map(drop), Err(errno), "{text}");
    }
}

#[test]
fn other_texts_for_the_same_place() {
    let forms = |text: &str| resolved_forms(&Endpoint::parse_bind(text).unwrap(), &options());
    let cases = [
        ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("tcp://[127.0.0.1]:5555", "tcp://127.0.0.1:5555"),
        ("tcp://127.1: 5555x", "tcp://127.0.0.1:5555"),
        ("tcp://localhost:5555", "tcp://127.0.0.1:5555"),
        ("tcp://127.0.0.1:1;0.0.0.0:5555", "tcp://0.0.0.0:5555"),
    ];
    for (text, form) in cases {
        assert_eq!(forms(text), [form], "{text}");
    }
    let none = [
        "tcp://*:5555",
        "tcp://127.0.0.1:*",
        "tcp://127.0.0.1:x",
        "tcp://[::1]:5",
        "tcp://:5",
        "ipc://a",
        "inproc://a",
    ];
    for text in none {
        assert_eq!(forms(text), [""; 0], "{text}");
    }
    if has_ipv6() {
        let forms = |text: &str| resolved_forms(&Endpoint::parse_bind(text).unwrap(), &ipv6_options());
        assert_eq!(forms("tcp://::1:5"), ["tcp://[::1]:5"]);
        assert_eq!(forms("tcp://127.0.0.1:5"), ["tcp://[::ffff:127.0.0.1]:5"]);
        let listener = bind("tcp://lo:*", &ipv6_options()).unwrap();
        let port = listener.local_endpoint().rsplit_once(':').unwrap().1;
        assert_eq!(forms(&format!("tcp://::1:{port}")), [listener.local_endpoint()]);
    }
}

#[test]
fn names_are_left_to_the_resolver() {
    for (text, host) in [("tcp://lo:5", "lo"), ("tcp://[localhost]:5", "localhost"), ("tcp://a.b-c_d:5", "a.b-c_d")] {
        let endpoint = Endpoint::parse_connect(text).unwrap();
        let Ok(Resolution::NeedsLookup(lookup)) = resolve(&endpoint, &options()) else { panic!("{text}") };
        assert_eq!((lookup.host.as_str(), lookup.port, lookup.ipv6), (host, 5, false));
    }
}

#[test]
fn a_proxy_takes_the_place_of_the_target() {
    let proxied = |proxy: &str| Options { socks_proxy: proxy.as_bytes().to_vec(), ..options() };
    let target = |text, proxy| target(text, &proxied(proxy)).unwrap();
    let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
    assert_eq!(target("tcp://no.such.name:5", "127.0.0.1:1080"), (parse("127.0.0.1:1080"), None));
    assert_eq!(target("tcp://a:5", "lo:*;127.0.0.1:1080"), (parse("127.0.0.1:1080"), Some(parse("127.0.0.1:0"))));
    assert_eq!(target("tcp://lo:7;a:5", "127.0.0.1:1080"), (parse("127.0.0.1:1080"), Some(parse("127.0.0.1:7"))));
    assert_eq!(address("tcp://a:5", &proxied("nonsense")).map(drop), Err(Errno::EINVAL));
    assert!(matches!(address("ipc://@a", &proxied("127.0.0.1:1080")), Ok(ResolvedAddr::Ipc(_))));
}

#[test]
fn bytes_go_both_ways_until_the_end() {
    let path = unique_path("bytes");
    for text in ["tcp://127.0.0.1:*".to_owned(), format!("ipc://{path}"), format!("ipc://@{path}")] {
        let listener = bind(&text, &options()).unwrap();
        assert!(listener.accept().unwrap().is_none());
        let (client, server) = pair(&listener, &options());
        assert_eq!(client.write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")]), Ok(5));
        assert_eq!(read(&server), b"hello");
        let mut buffer = RecvBuffer::new(64, true);
        assert_eq!(buffer.fill(&mut &server), Err(Errno::EAGAIN));
        assert_eq!(server.write_vectored(&[IoSlice::new(b"world")]), Ok(5));
        server.shutdown_write().unwrap();
        wait_for(&client, libc::POLLIN);
        let mut client = client;
        assert_eq!(buffer.fill(&mut client).unwrap().0, 5);
        assert_eq!(buffer.unread(), b"world");
        assert_eq!(buffer.fill(&mut client).unwrap().0, 0, "the end of the stream");
        while server.unsent_bytes().unwrap() > 0 {
            std::thread::yield_now();
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_full_connection_takes_no_more() {
    let listener = bind("tcp://127.0.0.1:*", &options()).unwrap();
    let (client, server) = pair(&listener, &options());
    let block = vec![7; 1 << 20];
    let mut written = 0;
    loop {
        match client.write_vectored(&[IoSlice::new(&block)]) {
            Ok(n) => written += n,
            Err(e) => break assert_eq!(e, Errno::EAGAIN),
        }
    }
    assert!(written > 0);
    assert!(client.unsent_bytes().unwrap() > 0);
    drop(server);
    wait_for(&client, libc::POLLHUP);
    let lost = client.write_vectored(&[IoSlice::new(b"x")]).unwrap_err();
    assert!([Errno::EPIPE, Errno::ECONNRESET].contains(&lost), "{lost:?}");
}

#[test]
fn names_of_both_ends() {
    let listener = bind("tcp://127.0.0.1:*", &options()).unwrap();
    let (client, server) = pair(&listener, &options());
    assert_eq!(client.remote_endpoint(), listener.local_endpoint());
    assert_eq!(server.local_endpoint(), listener.local_endpoint());
    assert_eq!(client.local_endpoint(), server.remote_endpoint());
    assert_eq!((client.peer_address().as_str(), server.peer_address().as_str()), ("127.0.0.1", "127.0.0.1"));
    let remote = server.remote_endpoint();
    drop(client);
    assert_eq!(read(&server), b"");
    assert_eq!(server.remote_endpoint(), remote, "known after the end, too");
}

#[test]
fn any_address_can_be_connected_to() {
    let listener = bind("tcp://*:*", &options()).unwrap();
    assert!(listener.local_endpoint().starts_with("tcp://0.0.0.0:"));
    let (client, _server) = pair(&listener, &options());
    assert_eq!(client.peer_address(), "127.0.0.1");
    if has_ipv6() {
        let listener = bind("tcp://*:*", &ipv6_options()).unwrap();
        let (client, server) = pair(&listener, &ipv6_options());
        assert_eq!((client.peer_address().as_str(), server.peer_address().as_str()), ("::1", "::1"));
    }
}

#[test]
fn an_attempt_that_goes_on() {
    // Beyond the backlog, the kernel lets connections wait instead of refusing them.
    let listener = bind("tcp://127.0.0.1:*", &Options { backlog: 0, ..options() }).unwrap();
    let address = address(listener.local_endpoint(), &options()).unwrap();
    let mut attempts = Vec::new();
    let outcome = loop {
        let mut connecting = Connector::start(&address, &options()).unwrap();
        let outcome = Connector::finish(&mut connecting.stream);
        attempts.push(connecting);
        if outcome.is_err() || attempts.len() == 100 {
            break outcome;
        }
    };
    assert_eq!(outcome, Err(Errno::EINPROGRESS));
    let last = attempts.pop().unwrap();
    assert!(last.in_progress);
    assert_eq!(last.stream.remote_endpoint(), listener.local_endpoint(), "who it will be");
    assert_eq!(last.stream.peer_address(), "127.0.0.1");
}

#[test]
fn refused() {
    let listener = bind("tcp://127.0.0.1:*", &options()).unwrap();
    let text = listener.local_endpoint().to_owned();
    listener.close().unwrap();
    assert_eq!(connect(&text, &options()).map(drop), Err(Errno::ECONNREFUSED));
    assert_eq!(connect("tcp://127.0.0.1:0", &options()).map(drop), Err(Errno::ECONNREFUSED));
}

#[test]
fn a_source_address_is_used_and_shared() {
    let (a, b) = (bind("tcp://127.0.0.1:*", &options()).unwrap(), bind("tcp://127.0.0.1:*", &options()).unwrap());
    let target = |l: &Listener| l.local_endpoint().strip_prefix("tcp://").unwrap().to_owned();
    let first = connect(&format!("tcp://lo:*;{}", target(&a)), &options()).unwrap();
    let source = first.local_endpoint().strip_prefix("tcp://").unwrap().to_owned();
    assert_eq!(accept(&a).unwrap().remote_endpoint(), format!("tcp://{source}"));
    let second = connect(&format!("tcp://{source};{}", target(&b)), &options()).unwrap();
    assert_eq!(second.local_endpoint(), first.local_endpoint());
}

#[test]
fn a_source_of_another_machine_fails_with_a_socket() {
    let address = address("tcp://192.0.2.77:0;127.0.0.1:5", &options()).unwrap();
    let failure = Connector::start(&address, &options()).map(drop).unwrap_err();
    assert_eq!(failure.errno, Errno::EADDRNOTAVAIL);
    assert!(failure.fd.is_some());
}

#[test]
fn nobody_connects_to_himself() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = format!("tcp://{free};{free}");
    for _ in 0..3 {
        assert_eq!(connect(&text, &options()).map(drop), Err(Errno::ECONNREFUSED));
    }
    // The port was not kept by the attempts.
    std::net::TcpListener::bind(free).unwrap();
}
