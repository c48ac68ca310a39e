//! Small functions that know nothing of ZeroMQ. Any thread.

pub mod z85;
