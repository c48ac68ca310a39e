//! Who is let in.

use super::*;
use crate::options::AcceptFilter;

fn tcp_filters(filters: &[(&str, u8)]) -> Options {
    let filters =
        filters.iter().map(|(network, prefix)| AcceptFilter { network: network.parse().unwrap(), prefix: *prefix });
    Options { tcp_accept_filters: filters.collect(), ..options() }
}

fn admits(bound: &str, options: &Options) -> bool {
    let listener = bind(bound, options).unwrap();
    let client = connect(listener.local_endpoint(), options).unwrap();
    let result = accept(&listener);
    match result {
        Ok(_) => true,
        Err(e) => {
            assert_eq!(e, AcceptError::Rejected);
            assert_eq!(e.errno(), Errno::EPERM);
            // The rejected connection is closed, and the next one is asked for as if nothing had been.
            assert_eq!(read(&client), b"");
            assert!(listener.accept().unwrap().is_none());
            false
        }
    }
}

#[test]
fn tcp_networks() {
    let cases: [(&[(&str, u8)], bool); 12] = [
        (&[], true),
        (&[("127.0.0.1", 32)], true),
        (&[("127.0.0.2", 32)], false),
        (&[("127.0.0.2", 30)], true),
        (&[("127.255.255.255", 8)], true),
        (&[("126.0.0.0", 8)], false),
        (&[("126.0.0.0", 7)], true),
        (&[("0.0.0.0", 0)], true),
        (&[("10.0.0.0", 8), ("127.0.0.0", 8)], true),
        (&[("10.0.0.0", 8), ("::1", 128)], false),
        (&[("::ffff:127.0.0.1", 128)], true),
        (&[("::", 0)], true),
    ];
    for (filters, expected) in cases {
        assert_eq!(admits("tcp://127.0.0.1:*", &tcp_filters(filters)), expected, "{filters:?}");
    }
}

#[test]
fn tcp_networks_on_ipv6() {
    if !has_ipv6() {
        return;
    }
    let cases = [("::1", 128, "[::1]", true), ("::2", 128, "[::1]", false), ("::2", 126, "[::1]", true)];
    let mapped =
        [("127.0.0.0", 8, "127.0.0.1", true), ("10.0.0.0", 8, "127.0.0.1", false), ("0.0.0.0", 0, "[::1]", false)];
    for (network, prefix, host, expected) in cases.into_iter().chain(mapped) {
        let options = Options { ipv6: true, ..tcp_filters(&[(network, prefix)]) };
        assert_eq!(admits(&format!("tcp://{host}:*"), &options), expected, "{network}/{prefix}");
    }
}

#[test]
fn ipc_processes_users_and_groups() {
    // SAFETY: no pointer is passed.
    let uid = unsafe { libc::geteuid() };
    // SAFETY: no pointer is passed.
    let gid = unsafe { libc::getegid() };
    let pid = std::process::id();
    const OTHER: u32 = 3_999_999_999;
    let cases: [([&[u32]; 3], bool); 8] = [
        ([&[], &[], &[]], true),
        ([&[pid], &[], &[]], true),
        ([&[OTHER], &[], &[]], false),
        ([&[], &[uid], &[]], true),
        ([&[], &[OTHER], &[]], false),
        ([&[], &[], &[OTHER, gid]], true),
        ([&[], &[], &[OTHER]], false),
        ([&[OTHER], &[uid], &[OTHER]], true),
    ];
    for ([pids, uids, gids], expected) in cases {
        let options = Options {
            ipc_filter_pid: pids.to_vec(),
            ipc_filter_uid: uids.to_vec(),
            ipc_filter_gid: gids.to_vec(),
            // Filters of the other transport do not count.
            tcp_accept_filters: tcp_filters(&[("10.0.0.0", 8)]).tcp_accept_filters,
            ..options()
        };
        assert_eq!(admits("ipc://*", &options), expected, "{pids:?} {uids:?} {gids:?}");
    }
}
