//! Small tools without a layer of their own: background work, handles, Z85 text, random numbers, secrets, restraint. Any thread.

pub mod background;
pub(crate) mod prefetch;
pub mod random;
pub mod registry;
pub mod restraint;
pub mod secret;
pub mod slots;
pub mod z85;
