//! The client's side of ZAP (RFC 27): what is asked, and how the answer reads. The inner connection to the handler is the
//! session's.

use super::error::{Failure, ProtocolError, code};
use super::property::{self, Properties};
use crate::errno::Result;
use crate::message::Msg;

const VERSION: &[u8] = b"1.0";
const REQUEST_ID: &[u8] = b"1";

/// What the ZAP handler is asked on behalf of a peer.
#[derive(Debug, PartialEq, Eq)]
pub struct ZapRequest {
    /// Name of the mechanism.
    pub mechanism: &'static str,
    /// What the mechanism has to show: nothing, name and password, or the peer's public key.
    pub credentials: Vec<Vec<u8>>,
    /// The session goes on without an answer if no handler is bound; otherwise the handshake fails then.
    pub optional: bool,
}

impl ZapRequest {
    /// The parts of the request, with the empty one that a REQ socket would send in front.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn into_parts(self, domain: &[u8], address: &[u8], routing_id: &[u8]) -> Result<Vec<Msg>> {
        let fixed: [&[u8]; 7] = [b"", VERSION, REQUEST_ID, domain, address, routing_id, self.mechanism.as_bytes()];
        let all = fixed.into_iter().chain(self.credentials.iter().map(Vec::as_slice));
        let mut parts = all.map(Msg::from_slice).collect::<Result<Vec<Msg>>>()?;
        let last = parts.len().saturating_sub(1);
        for part in parts.iter_mut().take(last) {
            part.set_more(true);
        }
        Ok(parts)
    }
}

impl Drop for ZapRequest {
    fn drop(&mut self) {
        for credential in &mut self.credentials {
            zeroize::Zeroize::zeroize(credential);
        }
    }
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum ZapReply {
    /// No handler is bound to the endpoint.
    NoHandler,
    /// The handler's answer.
    Answer {
        /// 200, 300, 400 or 500.
        status: u16,
        /// The user's name; becomes the property User-Id.
        user_id: Vec<u8>,
        /// Properties for the connection's messages.
        metadata: Vec<(Vec<u8>, Vec<u8>)>,
    },
}

impl ZapReply {
    /// Reads the parts of a reply, with the empty one in front.
    ///
    /// # Errors
    /// The handler broke the protocol, which fails the handshake.
    pub fn parse(parts: &[Msg]) -> Result<ZapReply, ProtocolError> {
        let (last, before) = parts.split_last().ok_or(ProtocolError::protocol(code::ZAP_MALFORMED_REPLY))?;
        if last.more() || !before.iter().all(Msg::more) {
            return Err(ProtocolError::protocol(code::ZAP_MALFORMED_REPLY));
        }
        let [delimiter, version, request_id, status, _text, user_id, metadata] = parts else {
            return Err(ProtocolError::protocol(code::ZAP_MALFORMED_REPLY));
        };
        let check = |ok: bool, code: u32| if ok { Ok(()) } else { Err(ProtocolError::protocol(code)) };
        check(delimiter.is_empty(), code::ZAP_UNSPECIFIED)?;
        check(version.data() == VERSION, code::ZAP_BAD_VERSION)?;
        check(request_id.data() == REQUEST_ID, code::ZAP_BAD_REQUEST_ID)?;
        let status = match status.data() {
            b"200" => 200,
            b"300" => 300,
            b"400" => 400,
            b"500" => 500,
            _ => return Err(ProtocolError::protocol(code::ZAP_INVALID_STATUS_CODE)),
        };
        let metadata: Properties =
            property::parse(metadata.data()).ok_or(ProtocolError::protocol(code::ZAP_INVALID_METADATA))?;
        Ok(ZapReply::Answer { status, user_id: user_id.data().to_vec(), metadata })
    }

    /// The error that a missing handler is where one is required.
    pub(super) fn required() -> ProtocolError {
        ProtocolError { failure: Failure::NoDetail(crate::errno::Errno::EFAULT), flush: false }
    }
}
