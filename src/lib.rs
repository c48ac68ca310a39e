//! zmq_rs: a Rust engine behind libzmq's C ABI.
//!
//! The map, top layer first. A module may use those below it in this list and none above; `tests/layers.rs` checks that.
//!
//! ```text
//! abi                      | L8 | the only extern "C": check pointers, one inward call, errno
//! proxy poll timers        | L7 | helpers over sockets
//! socket                   | L6 | what the application calls, on its thread, under the socket's lock
//! context                  | L6 | socket slots, inproc names, choice of I/O thread, shutdown and termination
//! session                  | L5 | one connection's life: connecting, accepting, handshake, messages, lingering
//! runtime                  | L4 | mailboxes, waiting threads, I/O threads; knows no session
//! transport                | L3 | tcp and ipc: binding, accepting, resolving, connecting, streams
//! zmtp                     | L3 | the protocol without I/O: bytes in, events out
//! pattern                  | L3 | what each socket type means; sees pipes and messages only
//! pipe                     | L2 | two ends with high-water marks, credit and a life cycle; the queue between them
//! options                  | L2 | values, defaults, and one table row per option
//! message                  | L1 | the 64 bytes of zmq_msg_t, shared content, receive buffers, offers, metadata
//! endpoint                 | L1 | "tcp://..." taken apart
//! util                     | L1 | handles for C, Z85, random numbers, secrets, background work, restraint
//! sys                      | L1 | every system call, and the system's security library
//! socket_type              | L0 | the table of socket types
//! errno                    | L0 | the one error type that travels
//! sync                     | L0 | std's atomics, or the model checker's
//! ```
//!
//! The path of one message: `abi/transfer` -> `socket/blocking` -> `socket/transfer` -> `pattern/push` ->
//! `pattern/load_balancer` -> `PipeEnd::write_with`, which makes it in its place in the queue, and `flush` -> (only if the
//! reader sleeps: `Session` writes it at once on the calling thread, or its `IoThread` is woken) -> `session/engine`, which
//! frames it from where it stands -> `zmtp/connection` -> `transport/stream`, and on the other side the thread that waits for
//! it (`socket/blocking` -> `runtime/rest`), or the `IoThread` in its place -> `session/engine` -> `zmtp/connection` ->
//! `PipeEnd::write_with, flush` -> (only if the reader sleeps: its `Mailbox`) -> `pattern/pull` -> `pattern/fair_queue`, which
//! copies it out from where it stands -> `socket/transfer` -> `abi/transfer`. What an application gives or takes as a
//! `zmq_msg_t`, and what gets an envelope, is moved through the same places as a `Msg`.
//! Where nothing is in the way, short messages of one part take fewer steps at these places: `PipeEnd::write_short` and
//! `read_short` for the application, `read_shorts` and `write_shorts` for a session. One for an idle connection goes past its
//! pipe: `write_short` -> `session/pipe_side` -> `session/pass_on` -> `transport/stream`.
//! Where thousands of connections are gone through, what the next ones need is asked of memory ahead (`util/prefetch`):
//! `IoThread` looks ahead in its turn, and `pattern/router` when it knows the peer.
//!
//! A large message may go past the pipes: `PipeEnd::pass_on` -> `session/pass_on` writes it from the caller's memory, behind all
//! that waits, and `runtime/rest` -> `session/lending` reads it into that of the caller that waits for it (`message/offer`).
//! Within the process `runtime/rendezvous` has the one caller copy it to the other's memory.

pub mod abi;
pub mod context;
pub mod endpoint;
pub mod errno;
pub mod message;
pub mod options;
pub mod pattern;
pub mod pipe;
pub mod poll;
pub mod proxy;
pub mod runtime;
pub mod session;
pub mod socket;
pub mod socket_type;
mod sync;
pub mod sys;
pub mod timers;
pub mod transport;
pub mod util;
pub mod zmtp;
