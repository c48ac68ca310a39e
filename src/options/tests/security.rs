//! Mechanism, role and keys.

use super::*;

#[test]
fn mechanism_follows_the_option_set_last() {
    const KEY: &[u8] = &[b'k'; 32];
    // Option, value (1 byte: an int), then MECHANISM, PLAIN_SERVER, CURVE_SERVER.
    type Step = (c_int, Option<&'static [u8]>, [c_int; 3]);
    const ON: Option<&[u8]> = Some(&[1, 0, 0, 0]);
    const OFF: Option<&[u8]> = Some(&[0, 0, 0, 0]);
    let histories: &[&[Step]] = &[
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (CURVE_SERVER, ON, [2, 0, 1]), (PLAIN_SERVER, OFF, [0, 0, 0])],
        &[(CURVE_SERVER, ON, [2, 0, 1]), (PLAIN_SERVER, OFF, [0, 0, 0]), (CURVE_SECRETKEY, Some(KEY), [2, 0, 0])],
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (PLAIN_USERNAME, Some(b"u"), [1, 0, 0]), (PLAIN_USERNAME, None, [0, 0, 0])],
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (PLAIN_PASSWORD, Some(b"p"), [1, 0, 0]), (PLAIN_PASSWORD, None, [0, 0, 0])],
        &[(CURVE_SERVER, ON, [2, 0, 1]), (PLAIN_USERNAME, Some(b""), [2, 0, 1]), (PLAIN_USERNAME, None, [0, 0, 0])],
        // The role is one flag: NULL security leaves it, and a key brings it back.
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (PLAIN_USERNAME, None, [0, 0, 0]), (CURVE_PUBLICKEY, Some(KEY), [2, 0, 1])],
        &[
            (CURVE_SERVER, ON, [2, 0, 1]),
            (CURVE_PUBLICKEY, Some(KEY), [2, 0, 1]),
            (CURVE_SERVERKEY, Some(KEY), [2, 0, 0]),
        ],
        &[
            (CURVE_PUBLICKEY, Some(&[1; 33]), [0, 0, 0]),
            (CURVE_SERVER, ON, [2, 0, 1]),
            (CURVE_SERVERKEY, None, [2, 0, 1]),
        ],
    ];
    for history in histories {
        let mut o = new(Dealer);
        for (step, (id, value, expected)) in history.iter().enumerate() {
            let _ = set(&mut o, *id, *value);
            let actual = [MECHANISM, PLAIN_SERVER, CURVE_SERVER].map(|id| get_int(&o, id));
            assert_eq!(actual, *expected, "{history:?}, step {step}");
        }
    }
}

#[cfg(feature = "gssapi")]
#[test]
fn gssapi_options_choose_mechanism_and_role() {
    // Option, value, then MECHANISM, GSSAPI_SERVER, PLAIN_SERVER, as libzmq 4.3.4 has them.
    type Step = (c_int, &'static [u8], [c_int; 3]);
    const ON: &[u8] = &[1, 0, 0, 0];
    const OFF: &[u8] = &[0, 0, 0, 0];
    let histories: &[&[Step]] = &[
        &[(GSSAPI_SERVER, ON, [3, 1, 0]), (GSSAPI_PRINCIPAL, b"p", [3, 1, 0])],
        &[(GSSAPI_SERVER, ON, [3, 1, 0]), (GSSAPI_SERVICE_PRINCIPAL, b"p", [3, 0, 0])],
        &[(GSSAPI_SERVER, ON, [3, 1, 0]), (GSSAPI_SERVER, OFF, [3, 0, 0])],
        &[(PLAIN_SERVER, ON, [1, 0, 1]), (GSSAPI_PRINCIPAL, b"p", [3, 1, 0])],
        &[(PLAIN_SERVER, ON, [1, 0, 1]), (GSSAPI_SERVICE_PRINCIPAL, b"p", [3, 0, 0])],
        &[(PLAIN_SERVER, ON, [1, 0, 1]), (GSSAPI_SERVER, OFF, [3, 0, 0])],
        &[(GSSAPI_SERVER, ON, [3, 1, 0]), (PLAIN_SERVER, OFF, [0, 0, 0])],
        &[(GSSAPI_SERVER, ON, [3, 1, 0]), (PLAIN_SERVER, ON, [1, 0, 1])],
        &[(GSSAPI_SERVER, ON, [3, 1, 0]), (PLAIN_USERNAME, b"u", [1, 0, 0])],
        &[(GSSAPI_SERVER, OFF, [3, 0, 0]), (PLAIN_USERNAME, b"u", [1, 0, 0])],
        &[
            (PLAIN_SERVER, ON, [1, 0, 1]),
            (GSSAPI_PLAINTEXT, ON, [1, 0, 1]),
            (GSSAPI_PRINCIPAL_NAMETYPE, ON, [1, 0, 1]),
            (GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, ON, [1, 0, 1]),
        ],
    ];
    for history in histories {
        let mut o = new(Dealer);
        for (step, (id, value, expected)) in history.iter().enumerate() {
            assert_eq!(set(&mut o, *id, Some(value)), Ok(Effect::None));
            let actual = [MECHANISM, GSSAPI_SERVER, PLAIN_SERVER].map(|id| get_int(&o, id));
            assert_eq!(actual, *expected, "{history:?}, step {step}");
        }
    }
}

#[test]
fn curve_keys() {
    // The client's public key in the manual's examples.
    const TEXT: &[u8; 40] = b"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    let raw = crate::util::z85::decode(TEXT).unwrap();
    let text = [TEXT, &b"\0"[..]].concat();
    for &id in KEYS {
        let mut o = new(Pull);
        assert_eq!(get_len(&o, id, 32).unwrap(), [0; 32]);
        assert_eq!(get_len(&o, id, 41).unwrap(), [&[b'0'; 40][..], b"\0"].concat());
        for value in [&raw[..], TEXT, &text] {
            let mut o = new(Pull);
            assert_eq!(set(&mut o, id, Some(value)), Ok(Effect::None));
            assert_eq!(get_len(&o, id, 32).unwrap(), raw);
            assert_eq!(get_len(&o, id, 41).unwrap(), text);
            assert_eq!(o.mechanism, Mechanism::Curve);
            for len in (0..=50).chain([255]).filter(|len| !matches!(len, 32 | 41)) {
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{len} bytes");
            }
        }
        let with = |at: usize, bytes: &[u8]| [&TEXT[..at], bytes].concat();
        for bad in
            [with(40, b"x"), with(39, b"~"), with(39, b"\0"), with(35, &[0; 5]), with(35, &[0; 6]), vec![b'#'; 40]]
        {
            assert_eq!(set(&mut o, id, Some(&bad)), Err(Errno::EINVAL), "{bad:?}");
        }
        for len in (0..=50).filter(|len| !matches!(len, 32 | 40 | 41)) {
            assert_eq!(set(&mut o, id, Some(&vec![b'0'; len])), Err(Errno::EINVAL), "{len} bytes");
        }
        assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL));
        assert_eq!((get_len(&o, id, 32).unwrap(), o.mechanism), (vec![0; 32], Mechanism::Null));
    }
}
