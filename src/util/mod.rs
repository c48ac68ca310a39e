//! Small tools without a layer of their own: handles, Z85 text. Any thread.

pub mod registry;
pub mod slots;
pub mod z85;
