//! Security contexts of MIT Kerberos (RFC 2743, 2744, 4121), by way of the few functions of its GSS-API that one needs. Any
//! thread, one at a time for each context. Acquiring credentials and taking a step may block: on files, and the initiating
//! side on ticket servers.
//!
//! Only the mechanism Kerberos is used. Where its tickets and keys come from is the library's business: `KRB5_CONFIG`,
//! `KRB5_KTNAME`, `KRB5_CLIENT_KTNAME`, `KRB5CCNAME`.

use std::ffi::{c_int, c_void};
use std::ptr::{null, null_mut};

/// What the system's headers call `gss_buffer_desc`.
#[repr(C)]
struct RawBuffer {
    length: usize,
    value: *mut c_void,
}

/// `gss_OID_desc`.
#[repr(C)]
struct Oid {
    length: u32,
    elements: *const c_void,
}

// SAFETY: the only values are constants that nobody writes to.
unsafe impl Sync for Oid {}

/// `gss_OID_set_desc`.
#[repr(C)]
struct OidSet {
    count: usize,
    elements: *const Oid,
}

// SAFETY: as for `Oid`.
unsafe impl Sync for OidSet {}

const fn oid(elements: &'static [u8]) -> Oid {
    Oid { length: elements.len() as u32, elements: elements.as_ptr().cast() }
}

static KERBEROS: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");
static ONLY_KERBEROS: OidSet = OidSet { count: 1, elements: &raw const KERBEROS };
static HOST_BASED: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04");
static USER_NAME: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01");
static PRINCIPAL: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01");

const CONTINUE_NEEDED: u32 = 1;
const ROUTINE_ERROR: u32 = 0x00ff_0000;
const CONTEXT_EXPIRED: u32 = 12 << 16;
const NO_CONTEXT: u32 = 8 << 16;

const INITIATE: c_int = 1;
const ACCEPT: c_int = 2;
const INDEFINITE: u32 = u32::MAX;

const MUTUAL: u32 = 2;
const REPLAY: u32 = 4;
const SEQUENCE: u32 = 8;
const CONFIDENTIAL: u32 = 16;
const INTEGRITY: u32 = 32;
/// What the initiator asks for, and insists on.
const FLAGS: u32 = MUTUAL | REPLAY | SEQUENCE | CONFIDENTIAL | INTEGRITY;

#[link(name = "gssapi_krb5")]
unsafe extern "C" {
    fn gss_import_name(minor: *mut u32, text: *const RawBuffer, kind: *const Oid, name: *mut *mut c_void) -> u32;
    fn gss_display_name(minor: *mut u32, name: *mut c_void, text: *mut RawBuffer, kind: *mut *const Oid) -> u32;
    fn gss_release_name(minor: *mut u32, name: *mut *mut c_void) -> u32;
    fn gss_acquire_cred(
        minor: *mut u32,
        name: *mut c_void,
        lifetime: u32,
        mechanisms: *const OidSet,
        usage: c_int,
        credential: *mut *mut c_void,
        actual_mechanisms: *mut *mut OidSet,
        actual_lifetime: *mut u32,
    ) -> u32;
    fn gss_release_cred(minor: *mut u32, credential: *mut *mut c_void) -> u32;
    fn gss_init_sec_context(
        minor: *mut u32,
        credential: *mut c_void,
        context: *mut *mut c_void,
        target: *mut c_void,
        mechanism: *const Oid,
        flags: u32,
        lifetime: u32,
        bindings: *const c_void,
        input: *const RawBuffer,
        actual_mechanism: *mut *const Oid,
        output: *mut RawBuffer,
        actual_flags: *mut u32,
        actual_lifetime: *mut u32,
    ) -> u32;
    fn gss_accept_sec_context(
        minor: *mut u32,
        context: *mut *mut c_void,
        credential: *mut c_void,
        input: *const RawBuffer,
        bindings: *const c_void,
        source: *mut *mut c_void,
        mechanism: *mut *const Oid,
        output: *mut RawBuffer,
        flags: *mut u32,
        lifetime: *mut u32,
        delegated: *mut *mut c_void,
    ) -> u32;
    fn gss_delete_sec_context(minor: *mut u32, context: *mut *mut c_void, output: *mut RawBuffer) -> u32;
    fn gss_wrap(
        minor: *mut u32,
        context: *mut c_void,
        confidential: c_int,
        quality: u32,
        input: *const RawBuffer,
        was_confidential: *mut c_int,
        output: *mut RawBuffer,
    ) -> u32;
    fn gss_unwrap(
        minor: *mut u32,
        context: *mut c_void,
        input: *const RawBuffer,
        output: *mut RawBuffer,
        was_confidential: *mut c_int,
        quality: *mut u32,
    ) -> u32;
    fn gss_release_buffer(minor: *mut u32, buffer: *mut RawBuffer) -> u32;
}

/// Why the library refused: its major and minor status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// What RFC 2744 numbers.
    pub major: u32,
    /// The mechanism's own number.
    pub minor: u32,
}

impl Status {
    /// The context's ticket is out of date.
    pub fn is_expired(self) -> bool {
        self.major & ROUTINE_ERROR == CONTEXT_EXPIRED
    }
}

type Result<T> = std::result::Result<T, Status>;

/// Success, or the next step of a negotiation, is all that is accepted: a token that is old, or out of order, is an error.
fn check(major: u32, minor: u32) -> Result<u32> {
    if matches!(major, 0 | CONTINUE_NEEDED) { Ok(major) } else { Err(Status { major, minor }) }
}

/// Memory of the library.
struct Buffer(RawBuffer);

impl Buffer {
    fn new() -> Buffer {
        Buffer(RawBuffer { length: 0, value: null_mut() })
    }

    fn bytes(&self) -> &[u8] {
        if self.0.value.is_null() || self.0.length == 0 {
            return &[];
        }
        // SAFETY: the library filled as many bytes, and they live until the buffer is released.
        unsafe { std::slice::from_raw_parts(self.0.value.cast(), self.0.length) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: empty or filled by the library.
        unsafe { gss_release_buffer(&mut 0, &mut self.0) };
    }
}

/// Bytes of ours, for the library to read.
fn input(bytes: &[u8]) -> RawBuffer {
    RawBuffer { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
}

/// How a name is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameType {
    /// `service` or `service@host`.
    HostBased,
    /// A local user.
    User,
    /// As Kerberos writes its principals.
    Principal,
}

/// A name as the user wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The text.
    pub text: Vec<u8>,
    /// How it is meant.
    pub kind: NameType,
}

/// A name that the library has read; or none.
struct RawName(*mut c_void);

impl RawName {
    fn import(name: &Name) -> Result<RawName> {
        let kind = match name.kind {
            NameType::HostBased => &HOST_BASED,
            NameType::User => &USER_NAME,
            NameType::Principal => &PRINCIPAL,
        };
        let (mut minor, mut raw) = (0, RawName(null_mut()));
        // SAFETY: the text outlives the call, the type for ever; the result is a local variable.
        let major = unsafe { gss_import_name(&mut minor, &input(&name.text), kind, &mut raw.0) };
        check(major, minor)?;
        Ok(raw)
    }

    fn display(&self) -> Result<Vec<u8>> {
        let (mut minor, mut text) = (0, Buffer::new());
        // SAFETY: a name of the library's, which the caller holds; the results are local variables.
        let major = unsafe { gss_display_name(&mut minor, self.0, &mut text.0, null_mut()) };
        check(major, minor)?;
        Ok(text.bytes().to_vec())
    }
}

impl Drop for RawName {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: a name of the library's, released once.
            unsafe { gss_release_name(&mut 0, &mut self.0) };
        }
    }
}

/// Credentials.
struct Credential(*mut c_void);

impl Credential {
    /// Those of the principal, or the default ones.
    fn acquire(principal: Option<&Name>, usage: c_int) -> Result<Credential> {
        let name = principal.map(RawName::import).transpose()?.unwrap_or(RawName(null_mut()));
        let (mut minor, mut credential) = (0, Credential(null_mut()));
        // SAFETY: a name of the library's or none; the set is constant; the result is a local variable.
        let major = unsafe {
            gss_acquire_cred(
                &mut minor,
                name.0,
                INDEFINITE,
                &ONLY_KERBEROS,
                usage,
                &mut credential.0,
                null_mut(),
                null_mut(),
            )
        };
        check(major, minor)?;
        Ok(credential)
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: credentials of the library's, released once.
            unsafe { gss_release_cred(&mut 0, &mut self.0) };
        }
    }
}

/// What a step of a negotiation comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What the peer is to be sent, if anything.
    pub token: Vec<u8>,
    /// The peer's name, once the negotiation is over.
    pub peer: Option<Vec<u8>>,
}

/// One end of a security context. Its credentials are acquired by the first step.
pub struct Context {
    principal: Option<Name>,
    /// Whom the initiating side wants to talk to; the accepting side does not know.
    target: Option<Name>,
    credential: Option<Credential>,
    handle: *mut c_void,
    established: bool,
}

// SAFETY: the library lets any thread use a context and credentials, as long as one does at a time; `&mut self` sees to that.
unsafe impl Send for Context {}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("principal", &self.principal)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// The end that begins. Without a principal the default credentials are used.
    pub fn initiating(principal: Option<Name>, target: Name) -> Context {
        Context { principal, target: Some(target), credential: None, handle: null_mut(), established: false }
    }

    /// The end that is spoken to. Without a principal any that there is a key for will do.
    pub fn accepting(principal: Option<Name>) -> Context {
        Context { principal, target: None, credential: None, handle: null_mut(), established: false }
    }

    /// Whether credentials were acquired: what fails before is nobody's fault but this side's.
    pub fn has_credentials(&self) -> bool {
        self.credential.is_some()
    }

    /// Takes the peer's token. May block for many seconds.
    ///
    /// # Errors
    /// There are no credentials or tickets, or the token is not acceptable.
    pub fn step(&mut self, token: Option<&[u8]>) -> Result<Step> {
        let usage = if self.target.is_some() { INITIATE } else { ACCEPT };
        if self.credential.is_none() {
            self.credential = Some(Credential::acquire(self.principal.as_ref(), usage)?);
        }
        let credential = self.credential.as_ref().map_or(null_mut(), |c| c.0);
        let mut output = Buffer::new();
        let peer = match self.target.clone() {
            Some(target) => self.initiate(credential, &target, token, &mut output)?,
            None => self.accept(credential, token.unwrap_or_default(), &mut output)?,
        };
        self.established = peer.is_some();
        Ok(Step { token: output.bytes().to_vec(), peer })
    }

    fn initiate(
        &mut self,
        credential: *mut c_void,
        target: &Name,
        token: Option<&[u8]>,
        output: &mut Buffer,
    ) -> Result<Option<Vec<u8>>> {
        let name = RawName::import(target)?;
        let token = token.map(input);
        let (mut minor, mut flags) = (0, 0);
        // SAFETY: credentials, context and name are the library's; the token outlives the call; the results are ours.
        let major = unsafe {
            gss_init_sec_context(
                &mut minor,
                credential,
                &mut self.handle,
                name.0,
                &KERBEROS,
                FLAGS,
                0,
                null(),
                token.as_ref().map_or(null(), |t| t),
                null_mut(),
                &mut output.0,
                &mut flags,
                null_mut(),
            )
        };
        if check(major, minor)? == CONTINUE_NEEDED {
            return Ok(None);
        }
        if flags & FLAGS != FLAGS {
            return Err(Status { major: NO_CONTEXT, minor: 0 });
        }
        name.display().map(Some)
    }

    fn accept(&mut self, credential: *mut c_void, token: &[u8], output: &mut Buffer) -> Result<Option<Vec<u8>>> {
        let mut peer = RawName(null_mut());
        let mut minor = 0;
        // SAFETY: credentials and context are the library's; the token outlives the call; the results are ours.
        let major = unsafe {
            gss_accept_sec_context(
                &mut minor,
                &mut self.handle,
                credential,
                &input(token),
                null(),
                &mut peer.0,
                null_mut(),
                &mut output.0,
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        if check(major, minor)? == CONTINUE_NEEDED { Ok(None) } else { peer.display().map(Some) }
    }

    fn established(&self) -> Result<*mut c_void> {
        if self.established { Ok(self.handle) } else { Err(Status { major: NO_CONTEXT, minor: 0 }) }
    }

    /// Encrypts and signs; `take` gets the result.
    ///
    /// # Errors
    /// The library does not do it.
    pub fn wrap(&mut self, content: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<()> {
        let handle = self.established()?;
        let (mut minor, mut confidential, mut output) = (0, 0, Buffer::new());
        // SAFETY: an established context; the content outlives the call; the results are local variables.
        let major = unsafe { gss_wrap(&mut minor, handle, 1, 0, &input(content), &mut confidential, &mut output.0) };
        finished(major, minor, confidential)?;
        take(output.bytes());
        Ok(())
    }

    /// Opens what the peer wrapped; `take` gets the content.
    ///
    /// # Errors
    /// It is not genuine, was not encrypted, or is not the next.
    pub fn unwrap(&mut self, wrapped: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<()> {
        let handle = self.established()?;
        let (mut minor, mut confidential, mut output) = (0, 0, Buffer::new());
        // SAFETY: an established context; the bytes outlive the call; the results are local variables.
        let major =
            unsafe { gss_unwrap(&mut minor, handle, &input(wrapped), &mut output.0, &mut confidential, null_mut()) };
        finished(major, minor, confidential)?;
        take(output.bytes());
        Ok(())
    }
}

/// Whether a message was done, and encrypted.
fn finished(major: u32, minor: u32, confidential: c_int) -> Result<()> {
    if major == 0 && confidential != 0 { Ok(()) } else { Err(Status { major, minor }) }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: a context of the library's, deleted once; no token is wanted.
            unsafe { gss_delete_sec_context(&mut 0, &mut self.handle, null_mut()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        static GSS_C_NT_HOSTBASED_SERVICE: *const Oid;
        static GSS_C_NT_USER_NAME: *const Oid;
        static GSS_KRB5_NT_PRINCIPAL_NAME: *const Oid;
        static gss_mech_krb5: *const Oid;
    }

    /// # Safety
    /// A pointer to an object identifier that lives for ever.
    unsafe fn bytes(oid: *const Oid) -> &'static [u8] {
        // SAFETY: as the caller promises.
        let oid = unsafe { &*oid };
        // SAFETY: an object identifier says how long it is.
        unsafe { std::slice::from_raw_parts(oid.elements.cast(), oid.length as usize) }
    }

    #[test]
    fn the_object_identifiers_are_the_librarys() {
        // SAFETY: constants of the library.
        let theirs =
            unsafe { [GSS_C_NT_HOSTBASED_SERVICE, GSS_C_NT_USER_NAME, GSS_KRB5_NT_PRINCIPAL_NAME, gss_mech_krb5] };
        for (theirs, ours) in theirs.into_iter().zip([&HOST_BASED, &USER_NAME, &PRINCIPAL, &KERBEROS]) {
            // SAFETY: constants of the library and ours.
            assert_eq!(unsafe { bytes(theirs) }, unsafe { bytes(ours) });
        }
    }

    #[test]
    fn names_are_read_and_shown() {
        for (text, kind) in [
            (&b"zmq@localhost"[..], NameType::HostBased),
            (b"alice", NameType::User),
            (b"zmq/localhost@EXAMPLE.TEST", NameType::Principal),
        ] {
            let name = RawName::import(&Name { text: text.to_vec(), kind }).unwrap();
            assert_eq!(name.display().unwrap(), text);
        }
    }

    #[test]
    fn nothing_is_wrapped_before_the_negotiation() {
        let name = Name { text: b"nobody@nowhere.invalid".to_vec(), kind: NameType::HostBased };
        for mut context in [Context::accepting(None), Context::initiating(None, name)] {
            assert!(context.wrap(b"x", &mut |_| panic!()).is_err());
            assert!(context.unwrap(b"x", &mut |_| panic!()).is_err());
            assert!(!context.has_credentials());
        }
    }
}
