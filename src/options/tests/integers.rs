//! Options of fixed size: numbers and flags.

use super::*;

#[test]
fn ints() {
    for &(id, default, accepted, refused) in INTS {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            let default = if id == LINGER && matches!(socket_type, Sub | Xsub) { 0 } else { default };
            assert_eq!(get_int(&o, id), default, "{id}");
            let effect = if matches!(id, SNDHWM | RCVHWM) { Effect::HwmChanged } else { Effect::None };
            for &value in accepted {
                assert_eq!(set_int(&mut o, id, value), Ok(effect), "{id} = {value}");
                assert_eq!(get_int(&o, id), value, "{id}");
            }
            let last = get_int(&o, id);
            for &value in refused {
                assert_eq!(set_int(&mut o, id, value), Err(Errno::EINVAL), "{id} = {value}");
            }
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL), "{id}");
            for len in (0..=16).filter(|len| *len != 4) {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}, {len} bytes");
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
            assert_eq!(get_int(&o, id), last, "{id}");
        }
    }
}

#[test]
fn ints_read_back_otherwise_than_set() {
    let mut o = new(Dealer);
    for id in [INVERT_MATCHING, ZAP_ENFORCE_DOMAIN, LOOPBACK_FASTPATH, MULTICAST_LOOP] {
        for value in [MAX, MIN, -1, 2] {
            set_int(&mut o, id, 0).unwrap();
            set_int(&mut o, id, value).unwrap();
            assert_eq!(get_int(&o, id), 1, "{id} = {value}");
        }
    }
    for (value, read) in [(99, 0), (-99, 0), (199, 100), (6_553_599, 6_553_500), (-1, 0)] {
        set_int(&mut o, HEARTBEAT_TTL, value).unwrap();
        assert_eq!(get_int(&o, HEARTBEAT_TTL), read);
    }
    for (id, value, other, read) in [(IPV4ONLY, 0, IPV6, 1), (IPV6, 0, IPV4ONLY, 1), (IPV6, 1, IPV4ONLY, 0)] {
        set_int(&mut o, id, value).unwrap();
        assert_eq!(get_int(&o, other), read);
    }
}

#[test]
fn flags() {
    for &(id, types, field) in FLAGS {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert!(!field(&o), "{id}");
            let has = types.contains(&socket_type);
            for value in [1, 0, 2, 0, MAX] {
                let result = if has { Ok(Effect::None) } else { Err(Errno::EINVAL) };
                assert_eq!(set_int(&mut o, id, value), result, "{id} = {value} on {socket_type:?}");
                assert_eq!(field(&o), has && value != 0, "{id} = {value} on {socket_type:?}");
            }
            for value in [-1, MIN] {
                assert_eq!(set_int(&mut o, id, value), Err(Errno::EINVAL), "{id} = {value} on {socket_type:?}");
            }
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL));
            for len in (0..=16).filter(|len| *len != 4) {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
            assert_eq!(field(&o), has, "{id} on {socket_type:?}");
        }
    }
}

#[test]
fn verbose_and_verboser_share_two_flags() {
    let both = |o: &Options| (o.xpub_verbose, o.xpub_verboser);
    let mut o = new(Xpub);
    for (id, value, expected) in [
        (XPUB_VERBOSER, 1, (true, true)),
        (XPUB_VERBOSE, 1, (true, false)),
        (XPUB_VERBOSER, 0, (false, false)),
        (XPUB_VERBOSER, 1, (true, true)),
        (XPUB_VERBOSE, 0, (false, false)),
    ] {
        set_int(&mut o, id, value).unwrap();
        assert_eq!(both(&o), expected, "{id} = {value}");
    }
}

#[test]
fn manual_and_last_value() {
    let both = |o: &Options| (o.xpub_manual, o.xpub_last_value);
    let mut o = new(Xpub);
    for (id, value, expected) in [
        (XPUB_MANUAL_LAST_VALUE, 1, (true, true)),
        (XPUB_MANUAL, 0, (false, true)),
        (XPUB_MANUAL, 1, (true, true)),
        (XPUB_MANUAL_LAST_VALUE, 0, (false, false)),
        (XPUB_MANUAL, 1, (true, false)),
        (XPUB_MANUAL_LAST_VALUE, 0, (false, false)),
    ] {
        set_int(&mut o, id, value).unwrap();
        assert_eq!(both(&o), expected, "{id} = {value}");
    }
}

#[test]
fn stream_notify() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        assert!(o.stream_notify);
        let result = if socket_type == Stream { Ok(Effect::None) } else { Err(Errno::EINVAL) };
        assert_eq!(set_int(&mut o, STREAM_NOTIFY, 0), result);
        assert_eq!(o.stream_notify, socket_type != Stream);
        assert_eq!(set_int(&mut o, STREAM_NOTIFY, 1), result);
        assert!(o.stream_notify);
        for value in [-1, 2, MAX, MIN] {
            assert_eq!(set_int(&mut o, STREAM_NOTIFY, value), Err(Errno::EINVAL));
        }
        assert_eq!(set(&mut o, STREAM_NOTIFY, Some(&[0; 8])), Err(Errno::EINVAL));
    }
}

#[test]
fn wide_integers() {
    for (id, default) in [(AFFINITY, 0u64), (MAXMSGSIZE, u64::MAX)] {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert_eq!(get_len(&o, id, 8).unwrap(), default.to_ne_bytes());
            for value in [0, 1, i64::MAX as u64, i64::MIN as u64, u64::MAX] {
                assert_eq!(set(&mut o, id, Some(&value.to_ne_bytes())), Ok(Effect::None));
                assert_eq!(get_len(&o, id, 8).unwrap(), value.to_ne_bytes());
            }
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL));
            for len in (0..=16).filter(|len| *len != 8) {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}, {len} bytes");
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
        }
    }
}
