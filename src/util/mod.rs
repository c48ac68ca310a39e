//! Small tools without a layer of their own: handles, Z85 text, random numbers. Any thread.

pub(crate) mod prefetch;
pub mod random;
pub mod registry;
pub mod slots;
pub mod z85;
