//! What a row of the option table can say, and how a set and a get are carried out from it. The socket's thread.
//! A get writes all of the user's buffer or none of it.

use super::Options;
use super::table::ROWS;
use crate::errno::{Errno, Result};
use crate::socket_type::SocketType;
use core::fmt;
use core::ops::RangeInclusive;
use libc::c_int;

/// What a set asks the socket to do besides storing the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect<'a> {
    /// Nothing.
    None,
    /// Hand the topic to the pattern, which refuses it on types without subscriptions.
    Subscribe(&'a [u8]),
    /// As `Subscribe`, to take the topic back.
    Unsubscribe(&'a [u8]),
    /// Apply SNDHWM and RCVHWM to the pipes that exist.
    HwmChanged,
}

/// Values that the options do not hold, supplied by the socket.
pub struct Live<'a> {
    /// RCVMORE: more parts follow the last one received.
    pub rcvmore: bool,
    /// FD.
    pub fd: &'a mut dyn FnMut() -> Result<c_int>,
    /// EVENTS.
    pub events: &'a mut dyn FnMut() -> Result<c_int>,
    /// LAST_ENDPOINT, without a terminator.
    pub last_endpoint: &'a [u8],
    /// Read instead of ROUTING_ID: on STREAM, the id of the connection made last.
    pub routing_id: Option<&'a [u8]>,
}

impl fmt::Debug for Live<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("rcvmore", &self.rcvmore)
            .field("last_endpoint", &self.last_endpoint)
            .field("routing_id", &self.routing_id)
            .finish_non_exhaustive()
    }
}

/// One option.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: c_int,
    /// Types that have the option; empty means all.
    pub(super) types: &'static [SocketType],
    pub(super) set: Set,
    pub(super) get: Get,
}

/// How an option is set.
#[derive(Debug)]
pub(super) enum Set {
    /// It is not.
    No,
    /// `int` in the range.
    Int(RangeInclusive<c_int>, fn(&mut Options, c_int)),
    /// `int`, not negative; takes effect on live pipes.
    Hwm(fn(&mut Options, c_int)),
    /// `int`, not negative; true unless 0.
    Flag(fn(&mut Options, bool)),
    /// `int`, 0 or 1.
    Strict(fn(&mut Options, bool)),
    /// Any `int`; true unless 0.
    AnyFlag(fn(&mut Options, bool)),
    /// Any `int64_t`.
    I64(fn(&mut Options, i64)),
    /// Any `uint64_t`.
    U64(fn(&mut Options, u64)),
    /// Bytes of a length in the range; NULL does what the second says, or is refused.
    Bytes(RangeInclusive<usize>, Option<fn(&mut Options)>, fn(&mut Options, &[u8])),
    /// As `Bytes`, with content that can be wrong.
    Parsed(RangeInclusive<usize>, Option<fn(&mut Options)>, fn(&mut Options, &[u8]) -> Result<()>),
    /// A topic to subscribe to (`true`) or to take back.
    Topic(bool),
}

/// How an option is read.
#[derive(Debug)]
pub(super) enum Get {
    /// It is not.
    No,
    /// `int`, of exactly its size.
    Int(fn(&Options) -> c_int),
    /// `int` into a buffer of its size or more.
    Wide(fn(&mut Live<'_>) -> Result<c_int>),
    /// `int64_t`, of exactly its size.
    I64(fn(&Options) -> i64),
    /// `uint64_t`, of exactly its size.
    U64(fn(&Options) -> u64),
    /// Text with its terminator.
    Text(for<'a> fn(&'a Options, &'a Live<'_>) -> &'a [u8]),
    /// Bytes without a terminator.
    Binary(for<'a> fn(&'a Options, &'a Live<'_>) -> &'a [u8]),
    /// A CURVE key: 32 bytes, or 40 characters of Z85 and a terminator.
    Key(fn(&Options) -> &[u8; 32]),
}

/// Where each option's row is. Subscribers set one option thousands of times.
static PLACES: [u8; 128] = {
    let mut places = [u8::MAX; 128];
    let mut at = 0;
    while at < ROWS.len() {
        places[ROWS[at].id as usize] = at as u8;
        at += 1;
    }
    places
};

fn find(id: c_int) -> Result<&'static Row> {
    let place = usize::try_from(id).ok().and_then(|id| PLACES.get(id));
    place.and_then(|at| ROWS.get(usize::from(*at))).ok_or(Errno::EINVAL)
}

/// Sets an option. `value` is `None` for a NULL pointer with length 0.
///
/// # Errors
/// `EINVAL`: there is no such option, it cannot be set or not on this socket type, or the value has the wrong length or is
/// not allowed. Nothing changed then.
pub fn set<'v>(options: &mut Options, id: c_int, value: Option<&'v [u8]>) -> Result<Effect<'v>> {
    let row = find(id)?;
    if !row.types.is_empty() && !row.types.contains(&options.socket_type) {
        return Err(Errno::EINVAL);
    }
    match &row.set {
        Set::No => return Err(Errno::EINVAL),
        Set::Int(range, store) => store(options, int(value, range)?),
        Set::Hwm(store) => {
            store(options, int(value, &(0..=c_int::MAX))?);
            return Ok(Effect::HwmChanged);
        }
        Set::Flag(store) => store(options, int(value, &(0..=c_int::MAX))? != 0),
        Set::Strict(store) => store(options, int(value, &(0..=1))? != 0),
        Set::AnyFlag(store) => store(options, int(value, &(c_int::MIN..=c_int::MAX))? != 0),
        Set::I64(store) => store(options, i64::from_ne_bytes(exactly(value)?)),
        Set::U64(store) => store(options, u64::from_ne_bytes(exactly(value)?)),
        Set::Bytes(len, null, store) => match bytes(value, len)? {
            Some(value) => store(options, value),
            None => null.ok_or(Errno::EINVAL)?(options),
        },
        Set::Parsed(len, null, store) => match bytes(value, len)? {
            Some(value) => store(options, value)?,
            None => null.ok_or(Errno::EINVAL)?(options),
        },
        Set::Topic(true) => return Ok(Effect::Subscribe(value.unwrap_or_default())),
        Set::Topic(false) => return Ok(Effect::Unsubscribe(value.unwrap_or_default())),
    }
    Ok(Effect::None)
}

fn exactly<const N: usize>(value: Option<&[u8]>) -> Result<[u8; N]> {
    value.and_then(|v| v.try_into().ok()).ok_or(Errno::EINVAL)
}

fn int(value: Option<&[u8]>, range: &RangeInclusive<c_int>) -> Result<c_int> {
    let value = c_int::from_ne_bytes(exactly(value)?);
    if range.contains(&value) { Ok(value) } else { Err(Errno::EINVAL) }
}

fn bytes<'v>(value: Option<&'v [u8]>, len: &RangeInclusive<usize>) -> Result<Option<&'v [u8]>> {
    if value.is_none_or(|value| len.contains(&value.len())) { Ok(value) } else { Err(Errno::EINVAL) }
}

/// Reads an option into `out`, the user's whole buffer, and returns the length to report. What the value leaves of the
/// buffer is filled with zeros.
///
/// # Errors
/// `EINVAL`: there is no such option, it cannot be read, or the buffer's length does not suit it. Otherwise what `live`
/// returns.
pub fn get(options: &Options, live: &mut Live<'_>, id: c_int, out: &mut [u8]) -> Result<usize> {
    let sized = |out: &[u8], len: usize| if out.len() == len { Ok(()) } else { Err(Errno::EINVAL) };
    match &find(id)?.get {
        Get::No => Err(Errno::EINVAL),
        Get::Int(load) => sized(out, size_of::<c_int>()).and_then(|()| fill(out, &load(options).to_ne_bytes(), &[])),
        Get::Wide(load) if out.len() >= size_of::<c_int>() => fill(out, &load(live)?.to_ne_bytes(), &[]),
        Get::Wide(_) => Err(Errno::EINVAL),
        Get::I64(load) => sized(out, size_of::<i64>()).and_then(|()| fill(out, &load(options).to_ne_bytes(), &[])),
        Get::U64(load) => sized(out, size_of::<u64>()).and_then(|()| fill(out, &load(options).to_ne_bytes(), &[])),
        Get::Text(load) => fill(out, load(options, live), &[0]),
        Get::Binary(load) => fill(out, load(options, live), &[]),
        Get::Key(load) => match out.len() {
            32 => fill(out, load(options), &[]),
            41 => fill(out, &crate::util::z85::encode(load(options)).ok_or(Errno::EINVAL)?, &[0]),
            _ => Err(Errno::EINVAL),
        },
    }
}

/// Writes value, terminator and zeros, and returns the length of the first two.
fn fill(out: &mut [u8], value: &[u8], terminator: &[u8]) -> Result<usize> {
    let len = value.len() + terminator.len();
    if len > out.len() {
        return Err(Errno::EINVAL);
    }
    let (head, rest) = out.split_at_mut(value.len());
    head.copy_from_slice(value);
    rest.fill(0);
    Ok(len)
}
