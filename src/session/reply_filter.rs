//! The structure that a REQ expects of each message from its peer (RFC 28): an optional request id, an empty delimiter,
//! then the body. A peer that breaks it is disconnected (zmq_socket(3)). Pure state.

use crate::message::Msg;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Next {
    /// A request id of four bytes or the delimiter.
    #[default]
    Bottom,
    Delimiter,
    Body,
}

/// Follows the parts of one connection.
#[derive(Debug, Default)]
pub(super) struct ReplyFilter(Next);

impl ReplyFilter {
    /// Whether the part may stand where it does.
    pub(super) fn admit(&mut self, msg: &Msg) -> bool {
        let (ok, next) = match (self.0, msg.len(), msg.more()) {
            (Next::Bottom, 4, true) => (true, Next::Delimiter),
            (Next::Bottom | Next::Delimiter, 0, true) => (true, Next::Body),
            (Next::Body, _, true) => (true, Next::Body),
            (Next::Body, _, false) => (true, Next::Bottom),
            _ => (false, Next::Bottom),
        };
        self.0 = next;
        ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[(&[u8], bool)]) -> bool {
        let mut filter = ReplyFilter::default();
        list.iter().all(|(bytes, more)| {
            let mut msg = Msg::from_slice(bytes).unwrap();
            msg.set_more(*more);
            filter.admit(&msg)
        })
    }

    #[test]
    fn admits_replies_and_nothing_else() {
        assert!(parts(&[(b"", true), (b"body", false), (b"", true), (b"a", true), (b"b", false)]));
        assert!(parts(&[(b"\x01\x02\x03\x04", true), (b"", true), (b"", false)]));
        assert!(!parts(&[(b"body", false)]));
        assert!(!parts(&[(b"", false)]));
        assert!(!parts(&[(b"\x01\x02\x03\x04", true), (b"x", true)]));
        assert!(!parts(&[(b"\x01\x02\x03", true), (b"", true)]));
    }
}
