//! Options of variable size: texts, ids, topics and filters.

use super::*;

#[test]
fn texts() {
    for &(id, shortest, longest, null) in TEXTS {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert_eq!(get_len(&o, id, 0), Err(Errno::EINVAL));
            for len in [1, 2, 255] {
                assert_eq!(get_len(&o, id, len).unwrap(), b"\0");
            }
            for value in [&[b'x'; 300][..longest.min(300)], b"a\xff", b"a\0", b"z"] {
                assert_eq!(set(&mut o, id, Some(value)), Ok(Effect::None));
                let with_terminator = [value, b"\0"].concat();
                assert_eq!(get_len(&o, id, value.len()), Err(Errno::EINVAL));
                for len in [value.len() + 1, value.len() + 2, 400] {
                    assert_eq!(get_len(&o, id, len).unwrap(), with_terminator, "{id}");
                }
            }
            if shortest == 0 {
                assert_eq!(set(&mut o, id, Some(b"")), Ok(Effect::None));
                assert_eq!(get_len(&o, id, 1).unwrap(), b"\0");
                assert_eq!(set(&mut o, id, Some(b"z")), Ok(Effect::None));
            } else {
                assert_eq!(set(&mut o, id, Some(b"")), Err(Errno::EINVAL));
            }
            if longest < usize::MAX {
                assert_eq!(set(&mut o, id, Some(&vec![b'x'; longest + 1])), Err(Errno::EINVAL), "{id}");
            }
            assert_eq!(get_len(&o, id, 2).unwrap(), b"z\0");
            assert_eq!(set(&mut o, id, None), if null { Ok(Effect::None) } else { Err(Errno::EINVAL) });
            // NULL turns PLAIN off but keeps user and password.
            let cleared = null && !matches!(id, PLAIN_USERNAME | PLAIN_PASSWORD);
            assert_eq!(get_len(&o, id, 9).unwrap(), if cleared { &b"\0"[..] } else { b"z\0" }, "{id}");
        }
    }
}

#[test]
fn routing_id() {
    let mut o = new(Dealer);
    assert_eq!(get_len(&o, ROUTING_ID, 0).unwrap(), b"");
    assert_eq!(get_len(&o, ROUTING_ID, 9).unwrap(), b"");
    for value in [&b"r"[..], &[b'r'; 255], b"\0ab"] {
        assert_eq!(set(&mut o, ROUTING_ID, Some(value)), Ok(Effect::None));
        assert_eq!(get_len(&o, ROUTING_ID, value.len() - 1), Err(Errno::EINVAL));
        for len in [value.len(), value.len() + 1, 300] {
            assert_eq!(get_len(&o, ROUTING_ID, len).unwrap(), value);
        }
    }
    for value in [None, Some(&b""[..]), Some(&[b'r'; 256])] {
        assert_eq!(set(&mut o, ROUTING_ID, value), Err(Errno::EINVAL));
    }
    assert_eq!(o.routing_id, b"\0ab");
    let o = new(Stream);
    assert_eq!(get_len(&o, ROUTING_ID, 4), Err(Errno::EINVAL));
    assert_eq!(get_len(&o, ROUTING_ID, 8).unwrap(), b"\0abcd", "the connection made last");
}

#[test]
fn topics_go_to_the_pattern() {
    let long = [b't'; 1000];
    for socket_type in TYPES {
        let mut o = new(socket_type);
        for topic in [&b""[..], b"a", &long] {
            assert_eq!(set(&mut o, SUBSCRIBE, Some(topic)), Ok(Effect::Subscribe(topic)));
            assert_eq!(set(&mut o, UNSUBSCRIBE, Some(topic)), Ok(Effect::Unsubscribe(topic)));
        }
        assert_eq!(set(&mut o, SUBSCRIBE, None), Ok(Effect::Subscribe(b"")));
        assert_eq!(set(&mut o, UNSUBSCRIBE, None), Ok(Effect::Unsubscribe(b"")));
    }
}

#[test]
fn connect_routing_id() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        let has = matches!(socket_type, Router | Rep | Stream);
        for value in [&[b'i'; 300][..], b"\0i", b"i"] {
            let result = if has { Ok(Effect::None) } else { Err(Errno::EINVAL) };
            assert_eq!(set(&mut o, CONNECT_ROUTING_ID, Some(value)), result);
            assert_eq!(o.connect_routing_id.as_ref().map(|v| v.as_slice()), has.then_some(value));
        }
        assert_eq!(set(&mut o, CONNECT_ROUTING_ID, Some(b"")), Err(Errno::EINVAL));
        assert_eq!(set(&mut o, CONNECT_ROUTING_ID, None), Err(Errno::EINVAL));
        assert_eq!(o.connect_routing_id.as_ref().map(|v| v.as_slice()), has.then_some(&b"i"[..]));
    }
}

#[test]
fn welcome_message() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        let has = matches!(socket_type, Pub | Xpub);
        let result = if has { Ok(Effect::None) } else { Err(Errno::EINVAL) };
        for value in [Some(&b"w"[..]), Some(b""), Some(&[b'w'; 1000]), None] {
            assert_eq!(set(&mut o, XPUB_WELCOME_MSG, value), result);
            assert_eq!(o.xpub_welcome.as_ref().map(|v| v.as_slice()), value.filter(|value| has && !value.is_empty()));
        }
    }
}

#[test]
fn ipc_filters() {
    type Field = fn(&Options) -> &Vec<u32>;
    let fields: [(c_int, Field); 3] = [
        (IPC_FILTER_PID, |o| &o.ipc_filter_pid),
        (IPC_FILTER_UID, |o| &o.ipc_filter_uid),
        (IPC_FILTER_GID, |o| &o.ipc_filter_gid),
    ];
    for (id, field) in fields {
        let mut o = new(Pull);
        for value in [0, 1000, u32::MAX, 1000] {
            assert_eq!(set(&mut o, id, Some(&value.to_ne_bytes())), Ok(Effect::None));
        }
        assert_eq!(field(&o)[..], [0, 1000, u32::MAX], "each once");
        for len in (0..=16).filter(|len| *len != 4) {
            assert_eq!(set(&mut o, id, Some(&vec![1; len])), Err(Errno::EINVAL));
        }
        assert_eq!(field(&o).len(), 3);
        assert_eq!(set(&mut o, id, None), Ok(Effect::None));
        assert!(field(&o).is_empty());
    }
}

#[test]
fn accept_filters_add_up() {
    let mut o = new(Pull);
    for text in [&b"127.0.0.1"[..], b"10.0.0.0/8\0"] {
        assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(text)), Ok(Effect::None));
    }
    let longest = [&b"10.0.0.1"[..], &[0; 247]].concat();
    assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(&longest)), Ok(Effect::None));
    let too_long = [&longest[..], b"\0"].concat();
    for bad in [&b""[..], b"foo", b"::1", &too_long] {
        assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(bad)), Err(Errno::EINVAL));
    }
    assert_eq!(o.tcp_accept_filters.len(), 3);
    set_int(&mut o, IPV6, 1).unwrap();
    assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(b"::1")), Ok(Effect::None));
    assert_eq!(o.tcp_accept_filters.len(), 4);
    assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, None), Ok(Effect::None));
    assert!(o.tcp_accept_filters.is_empty());
}

#[test]
fn metadata_adds_up() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        for text in [&b"X-b:1"[..], b"X-a:2:3", b"X-b:later"] {
            assert_eq!(set(&mut o, METADATA, Some(text)), Ok(Effect::None));
        }
        for bad in [&b""[..], b"X-c", b"X-c:", b"c:1"] {
            assert_eq!(set(&mut o, METADATA, Some(bad)), Err(Errno::EINVAL));
        }
        assert_eq!(set(&mut o, METADATA, None), Err(Errno::EINVAL));
        let all: Vec<_> = o.metadata.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(all, [(&b"X-a"[..], &b"2:3"[..]), (b"X-b", b"1")]);
    }
}
