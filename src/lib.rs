//! zmq_rs: a Rust engine behind libzmq's C ABI.
