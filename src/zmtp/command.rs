//! Commands: a name with its length, then data (RFC 23, 37). Pure functions.

/// Longest PING context that is echoed.
const CONTEXT_MAX: usize = 16;

/// A command after the handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Command<'a> {
    /// To be answered with `context`; silence for `ttl_ds` tenths of a second means that the peer is gone.
    Ping {
        /// Tenths of a second; 0 sets no limit.
        ttl_ds: u16,
        /// What the answer repeats.
        context: &'a [u8],
    },
    /// Answer to our own.
    Pong,
    /// The peer wants a topic; the number of bytes before it.
    Subscribe(usize),
    /// The peer wants a topic no more; the number of bytes before it.
    Cancel(usize),
    /// Nothing that this side knows.
    Unknown,
    /// A command that is shorter than its kind requires.
    Malformed,
}

/// Splits a body into the name and the data; `None` when the body is shorter than the name that it announces.
pub(super) fn split(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = body.split_first()?;
    rest.split_at_checked(usize::from(*len))
}

/// Reads a command that came after the handshake.
pub(super) fn parse(body: &[u8]) -> Command<'_> {
    let Some((name, data)) = split(body) else {
        return Command::Unknown;
    };
    let before = body.len().saturating_sub(data.len());
    match name {
        b"PING" => match data.split_first_chunk::<2>() {
            Some((ttl, context)) => Command::Ping {
                ttl_ds: u16::from_be_bytes(*ttl),
                context: context.get(..CONTEXT_MAX).unwrap_or(context),
            },
            None => Command::Malformed,
        },
        b"PONG" => Command::Pong,
        b"SUBSCRIBE" => Command::Subscribe(before),
        b"CANCEL" => Command::Cancel(before),
        _ => Command::Unknown,
    }
}

/// A command's body.
pub(super) fn build(name: &[u8], data: &[&[u8]]) -> Vec<u8> {
    let mut body = vec![u8::try_from(name.len()).unwrap_or(u8::MAX)];
    body.extend_from_slice(name);
    for part in data {
        body.extend_from_slice(part);
    }
    body
}
