//! What the mechanism GSSAPI asks of a security library (RFC 2743), and how it is asked: a step of the negotiation may wait
//! for a ticket server, so the session has it done elsewhere and brings the result back.

use std::fmt;

/// One end of a security context. Its methods are called one after another, on whichever thread.
pub trait SecurityContext: Send + fmt::Debug {
    /// Takes the peer's token, of which there is none at the initiator's first step, and says what comes next. May block.
    ///
    /// # Errors
    /// The negotiation is over.
    fn step(&mut self, token: Option<&[u8]>) -> Result<Progress, Refusal>;

    /// Encrypts and signs; `take` gets the result, once. Only after the last step.
    ///
    /// # Errors
    /// The library does not do it; `take` was not called then.
    fn wrap(&mut self, content: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal>;

    /// Reverses the peer's `wrap`; `take` gets the content, once. Only after the last step.
    ///
    /// # Errors
    /// The bytes are not genuine, not encrypted, or came before; `take` was not called then.
    fn unwrap(&mut self, wrapped: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal>;
}

/// What follows from a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The token for the peer, whose answer is needed.
    Continue(Vec<u8>),
    /// Both sides are sure of each other.
    Complete {
        /// The token for the peer; empty if it needs none.
        token: Vec<u8>,
        /// The peer's name.
        peer: Vec<u8>,
    },
}

/// Why there is no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Nothing that the peer did: this side has no credentials, or cannot get a ticket now; or, once messages flow, the time of
    /// the ticket is over.
    Local,
    /// What the peer sent is not acceptable.
    Peer,
}

/// A step that is to be done: the context, and what it is given.
#[derive(Debug)]
pub struct Negotiation {
    context: Box<dyn SecurityContext>,
    token: Option<Vec<u8>>,
}

/// A step that was done; for `Connection::negotiated`.
#[derive(Debug)]
pub struct Negotiated {
    pub(super) context: Box<dyn SecurityContext>,
    pub(super) progress: Result<Progress, Refusal>,
}

impl Negotiation {
    pub(super) fn new(context: Box<dyn SecurityContext>, token: Option<Vec<u8>>) -> Negotiation {
        Negotiation { context, token }
    }

    /// Takes the step, which may block for many seconds.
    pub fn run(mut self) -> Negotiated {
        let progress = self.context.step(self.token.as_deref());
        Negotiated { context: self.context, progress }
    }
}
