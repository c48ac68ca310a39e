//! What the layers above need to know of a transport. Any thread.

use crate::endpoint::Scheme;

/// Properties of one transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The transport.
    pub scheme: Scheme,
    /// It has connections with a descriptor, which an I/O thread drives.
    pub has_streams: bool,
    /// An attempt to connect takes time and is announced (CONNECT_DELAYED) before it ends.
    pub connects_later: bool,
    /// Unbind and disconnect also find an endpoint by its resolved address.
    pub matches_resolved: bool,
    /// A SOCKS proxy can be used to connect.
    pub proxied: bool,
}

const ROWS: [Row; 3] = [
    Row { scheme: Scheme::Inproc, has_streams: false, connects_later: false, matches_resolved: false, proxied: false },
    Row { scheme: Scheme::Ipc, has_streams: true, connects_later: false, matches_resolved: false, proxied: false },
    Row { scheme: Scheme::Tcp, has_streams: true, connects_later: true, matches_resolved: true, proxied: true },
];

/// The transport's row.
pub fn row(scheme: Scheme) -> &'static Row {
    match scheme {
        Scheme::Inproc => &ROWS[0],
        Scheme::Ipc => &ROWS[1],
        Scheme::Tcp => &ROWS[2],
    }
}
