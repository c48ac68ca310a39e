//! Small helpers that know nothing of ZeroMQ. Any thread.

pub mod random;
