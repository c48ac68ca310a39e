//! The greeting, read and written stage by stage, so that no version of the protocol waits for the other (RFC 23, "Version
//! Negotiation"). I/O thread.

use super::config::Config;
use super::error::{Failure, ProtocolError, code};
use super::event::Protocol;

/// Length of a 3.x greeting.
const V3_LEN: usize = 64;
/// Length of a 1.0 or 2.0 greeting.
const V2_LEN: usize = 12;
const SIGNATURE_LEN: usize = 10;
const REVISION: u8 = 3;
const MINOR: u8 = 1;

/// How far this side's greeting has been sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// The signature is out; the peer's is awaited.
    Signature,
    /// The revision is out; the peer's is awaited.
    Revision,
    /// The rest is out; the peer's rest is awaited.
    Rest(Protocol),
}

/// Result of looking at the peer's greeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// More bytes are needed.
    Incomplete,
    /// The greeting is over: what is spoken, and how many bytes of the input belong to the greeting.
    Complete(Protocol, usize),
}

/// The signature, which a ZMTP 1.0 peer reads as the header of our identity frame.
pub(super) fn signature(config: &Config) -> [u8; SIGNATURE_LEN] {
    let length = u64::try_from(config.routing_id.len()).unwrap_or(0).saturating_add(1);
    let mut bytes = [0xff; SIGNATURE_LEN];
    for (to, from) in bytes.iter_mut().skip(1).zip(length.to_be_bytes().into_iter().chain([0x7f])) {
        *to = from;
    }
    bytes
}

/// Looks at all that came so far, and answers what can be answered.
pub(super) fn advance(
    stage: &mut Stage,
    config: &Config,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<Progress, ProtocolError> {
    if *stage == Stage::Signature {
        match (input.first(), input.get(9)) {
            (None, _) | (Some(0xff), None) => return Ok(Progress::Incomplete),
            (Some(0xff), Some(flags)) if flags & 1 != 0 => {
                out.push(REVISION);
                *stage = Stage::Revision;
            }
            _ => {
                refuse_downgrade(config)?;
                // The signature was the header of the identity frame.
                out.extend_from_slice(&config.routing_id);
                return Ok(Progress::Complete(Protocol::Unversioned, 0));
            }
        }
    }
    if *stage == Stage::Revision {
        let Some(revision) = input.get(SIGNATURE_LEN) else {
            return Ok(Progress::Incomplete);
        };
        *stage = Stage::Rest(match revision {
            0 => Protocol::V1,
            1 => Protocol::V2,
            _ => Protocol::V3_1,
        });
        if *revision < 2 {
            refuse_downgrade(config)?;
            out.push(config.socket_type as u8);
        } else {
            append_rest(config, out);
        }
    }
    match *stage {
        Stage::Rest(old @ (Protocol::V1 | Protocol::V2)) if input.len() >= V2_LEN => {
            Ok(Progress::Complete(old, V2_LEN))
        }
        Stage::Rest(Protocol::V3_1) if input.len() >= V3_LEN => {
            let protocol = match input.get(SIGNATURE_LEN..V2_LEN) {
                Some([REVISION, 0]) => Protocol::V3_0,
                _ => Protocol::V3_1,
            };
            if input.get(V2_LEN..32) != Some(&mechanism_field(config)) {
                let failure = Failure::Protocol(code::ZMTP_MECHANISM_MISMATCH);
                return Err(ProtocolError { failure, flush: true });
            }
            Ok(Progress::Complete(protocol, V3_LEN))
        }
        _ => Ok(Progress::Incomplete),
    }
}

/// Peers that know no mechanisms are only served where none is asked for.
fn refuse_downgrade(config: &Config) -> Result<(), ProtocolError> {
    if config.mechanism.name() != "NULL" || config.zap_domain {
        return Err(ProtocolError::silent("peer without security"));
    }
    Ok(())
}

fn mechanism_field(config: &Config) -> [u8; 20] {
    let mut field = [0; 20];
    for (to, from) in field.iter_mut().zip(config.mechanism.name().bytes()) {
        *to = from;
    }
    field
}

/// What follows the revision in a 3.x greeting: minor, mechanism, as-server (always 0), filler.
fn append_rest(config: &Config, out: &mut Vec<u8>) {
    out.push(MINOR);
    out.extend_from_slice(&mechanism_field(config));
    out.extend_from_slice(&[0; 32]);
}
