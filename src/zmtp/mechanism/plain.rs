//! PLAIN: name and password in clear, checked by a ZAP handler (RFC 24). I/O thread.

use super::{Cx, Step};
use crate::zmtp::command;
use crate::zmtp::config::MechanismConfig;
use crate::zmtp::error::{Failure, ProtocolError, code};
use crate::zmtp::handshake;
use crate::zmtp::property;
use crate::zmtp::zap::{ZapReply, ZapRequest};

/// The side that checks.
#[derive(Debug, Default)]
pub(in crate::zmtp) enum Server {
    #[default]
    AwaitHello,
    AwaitZap,
    AwaitInitiate,
    Ready,
}

/// The side that is checked.
#[derive(Debug, Default)]
pub(in crate::zmtp) enum Client {
    #[default]
    AwaitWelcome,
    AwaitReady,
    Ready,
}

/// How PLAIN servers of libzmq 4.3.4 begin an ERROR: the length of the name and its first letter became one byte.
const MISSPELT_ERROR: &[u8] = b"\x5eRROR";

fn error(code: u32) -> ProtocolError {
    ProtocolError::protocol(code)
}

impl Server {
    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match self {
            Server::AwaitHello => {
                let data = handshake::expect_whole(body, b"HELLO")?;
                let credentials = credentials(data).ok_or(error(code::ZMTP_MALFORMED_COMMAND_HELLO))?;
                if cx.config.zap_enforced && !cx.config.zap_domain {
                    return Err(ZapReply::required());
                }
                *self = Server::AwaitZap;
                Ok(Step::AskZap(ZapRequest { mechanism: "PLAIN", credentials, optional: false }))
            }
            Server::AwaitInitiate => {
                let metadata = handshake::expect(body, b"INITIATE")?;
                cx.peer.announce(metadata, cx.config)?;
                handshake::send(cx.out, b"READY", &[&property::local(cx.config)]);
                *self = Server::Ready;
                Ok(Step::Done)
            }
            Server::AwaitZap | Server::Ready => Err(error(code::ZMTP_UNSPECIFIED)),
        }
    }

    pub(super) fn accepted(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        handshake::send(cx.out, b"WELCOME", &[]);
        *self = Server::AwaitInitiate;
        Ok(Step::Wait)
    }
}

/// Name and password, and nothing behind them.
fn credentials(data: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (name_len, rest) = data.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*name_len))?;
    let (password_len, password) = rest.split_first()?;
    (password.len() == usize::from(*password_len)).then(|| vec![name.to_vec(), password.to_vec()])
}

impl Client {
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        if let MechanismConfig::PlainClient { username, password } = &cx.config.mechanism {
            let len = |text: &[u8]| u8::try_from(text.len()).map_err(|_| ProtocolError::silent("credential too long"));
            let (name_len, password_len) = (len(username)?, len(password)?);
            handshake::send(cx.out, b"HELLO", &[&[name_len], username, &[password_len], password]);
        }
        Ok(Step::Wait)
    }

    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match (command::split(body), &self) {
            (Some((b"WELCOME", data)), Client::AwaitWelcome) => {
                if !data.is_empty() {
                    return Err(error(code::ZMTP_MALFORMED_COMMAND_WELCOME));
                }
                handshake::send(cx.out, b"INITIATE", &[&property::local(cx.config)]);
                *self = Client::AwaitReady;
                Ok(Step::Wait)
            }
            (Some((b"READY", metadata)), Client::AwaitReady) => {
                cx.peer.announce(metadata, cx.config).map_err(invalid_metadata)?;
                *self = Client::Ready;
                Ok(Step::Done)
            }
            (Some((b"ERROR", data)), Client::AwaitWelcome | Client::AwaitReady) => Err(handshake::peer_error(data)),
            _ => match body.strip_prefix(MISSPELT_ERROR) {
                Some(data) => Err(handshake::peer_error(data)),
                None => Err(handshake::UNEXPECTED),
            },
        }
    }
}

/// The checked side tells its monitor about metadata that it cannot use.
pub(super) fn invalid_metadata(e: ProtocolError) -> ProtocolError {
    match e.failure {
        Failure::Silent(_) => error(code::ZMTP_INVALID_METADATA),
        _ => e,
    }
}
