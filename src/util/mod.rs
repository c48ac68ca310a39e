//! Small tools without a layer of their own: background work, handles, Z85 text, random numbers, secrets. Any thread.

pub mod background;
pub(crate) mod prefetch;
pub mod random;
pub mod registry;
pub mod secret;
pub mod slots;
pub mod z85;
