//! Small functions that know nothing of ZeroMQ. Any thread.

pub mod slots;
pub mod z85;
