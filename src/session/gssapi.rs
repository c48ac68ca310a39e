//! The system's security library as the mechanism GSSAPI wants it. The session's lock, and background threads.

use crate::options::Options;
use crate::sys::gssapi::{Context, Name, NameType};
use crate::zmtp::{Progress, Refusal, SecurityContext};

#[derive(Debug)]
struct Kerberos(Context);

/// A connection's end of a security context, not negotiated yet.
pub(super) fn context(options: &Options) -> Box<dyn SecurityContext> {
    let name = |text: &[u8], kind: i32| Name {
        text: text.to_vec(),
        kind: match kind {
            1 => NameType::User,
            2 => NameType::Principal,
            _ => NameType::HostBased,
        },
    };
    let principal = &options.gssapi_principal;
    let principal = (!principal.is_empty()).then(|| name(principal, options.gssapi_principal_nametype));
    Box::new(Kerberos(if options.as_server {
        Context::accepting(principal)
    } else {
        let target = name(&options.gssapi_service_principal, options.gssapi_service_principal_nametype);
        Context::initiating(principal, target)
    }))
}

impl SecurityContext for Kerberos {
    fn step(&mut self, token: Option<&[u8]>) -> Result<Progress, Refusal> {
        match self.0.step(token) {
            Ok(step) => Ok(match step.peer {
                Some(peer) => Progress::Complete { token: step.token, peer },
                None => Progress::Continue(step.token),
            }),
            // Without a token of the peer's, or the means to judge it, the peer is not to blame.
            Err(_) if token.is_none() || !self.0.has_credentials() => Err(Refusal::Local),
            Err(_) => Err(Refusal::Peer),
        }
    }

    fn wrap(&mut self, content: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        self.0.wrap(content, take).map_err(|_| Refusal::Local)
    }

    fn unwrap(&mut self, wrapped: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        self.0.unwrap(wrapped, take).map_err(|e| if e.is_expired() { Refusal::Local } else { Refusal::Peer })
    }
}
