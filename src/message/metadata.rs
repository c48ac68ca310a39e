//! Properties of the connection that a message came from. Made by a session, read by any thread.

use crate::errno::{Errno, Result};
use std::ffi::{CStr, CString};

/// What `zmq_msg_gets` and `ZMQ_SRCFD` answer for each message of one connection.
#[derive(Debug, Default)]
pub struct Metadata {
    fd: Option<i32>,
    properties: Vec<(CString, CString)>,
}

impl Metadata {
    /// Metadata of a connection with this descriptor.
    pub fn new(fd: Option<i32>) -> Metadata {
        Metadata { fd, properties: Vec::new() }
    }

    /// Adds a property; values are C strings, so both end at their first NUL byte.
    ///
    /// # Errors
    /// `ENOMEM` never comes from here; the signature leaves room for a bounded store.
    pub fn insert(&mut self, name: &[u8], value: &[u8]) -> Result<()> {
        let text = |b: &[u8]| {
            let end = b.iter().position(|c| *c == 0).unwrap_or(b.len());
            CString::new(b.get(..end).unwrap_or_default()).map_err(|_| Errno::EINVAL)
        };
        self.properties.push((text(name)?, text(value)?));
        Ok(())
    }

    /// The value of a property; names are case-sensitive, the first of equal names counts.
    pub fn get(&self, name: &CStr) -> Option<&CStr> {
        self.properties.iter().find(|(n, _)| n.as_c_str() == name).map(|(_, v)| v.as_c_str())
    }

    /// The connection's descriptor number, which may be closed by now.
    pub fn fd(&self) -> Option<i32> {
        self.fd
    }
}
