//! zmq_msg_*: zmq_msg_init(3) to zmq_msg_gets(3), with the answers to invalid arguments.
#![allow(unsafe_code, reason = "the interface of C")]
#![allow(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block, reason = "each call is the test")]

use libc::{EFAULT, EINVAL, ENOMEM, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use zmq_rs::abi::constants::{ZMQ_MORE, ZMQ_SHARED, ZMQ_SRCFD};
use zmq_rs::abi::errno::zmq_errno;
use zmq_rs::abi::message::*;
use zmq_rs::abi::types::zmq_msg_t;

/// What C has on its stack.
struct Place(MaybeUninit<zmq_msg_t>);

impl Place {
    fn zeroed() -> Place {
        Place(MaybeUninit::zeroed())
    }

    fn empty() -> Place {
        let mut place = Place(MaybeUninit::zeroed());
        assert_eq!(unsafe { zmq_msg_init(place.p()) }, 0);
        place
    }

    fn sized(size: usize) -> Place {
        let mut place = Place(MaybeUninit::zeroed());
        assert_eq!(unsafe { zmq_msg_init_size(place.p(), size) }, 0);
        place
    }

    fn text(text: &str) -> Place {
        let mut place = Place::sized(text.len());
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), place.data(), text.len()) };
        place
    }

    fn p(&mut self) -> *mut zmq_msg_t {
        self.0.as_mut_ptr()
    }

    fn data(&mut self) -> *mut u8 {
        unsafe { zmq_msg_data(self.p()) }.cast()
    }

    fn size(&mut self) -> usize {
        unsafe { zmq_msg_size(self.p()) }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let size = self.size();
        unsafe { std::slice::from_raw_parts(self.data(), size) }.to_vec()
    }

    fn shared(&mut self) -> c_int {
        unsafe { zmq_msg_get(self.p(), ZMQ_SHARED) }
    }

    fn close(&mut self) -> c_int {
        unsafe { zmq_msg_close(self.p()) }
    }
}

/// How often a content was given back; the hint of zmq_msg_init_data.
struct Freed(AtomicUsize);

impl Freed {
    fn new() -> Freed {
        Freed(AtomicUsize::new(0))
    }

    fn hint(&self) -> *mut c_void {
        (&raw const *self).cast_mut().cast()
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

static CONTENT: [u8; 100] = [7; 100];

extern "C" fn give_back(data: *mut c_void, hint: *mut c_void) {
    assert_eq!(data.cast_const().cast(), CONTENT.as_ptr());
    unsafe { &*hint.cast::<Freed>() }.0.fetch_add(1, Ordering::SeqCst);
}

fn user(size: usize, freed: &Freed) -> Place {
    let mut place = Place::zeroed();
    let data = CONTENT.as_ptr().cast_mut().cast();
    assert_eq!(unsafe { zmq_msg_init_data(place.p(), data, size, Some(give_back), freed.hint()) }, 0);
    place
}

#[test]
fn sizes_and_contents() {
    let mut empty = Place::empty();
    assert_eq!((empty.size(), unsafe { zmq_msg_more(empty.p()) }), (0, 0));
    assert!(!empty.data().is_null());
    assert_eq!(empty.close(), 0);
    for size in [0, 1, 8, 32, 33, 34, 255, 256, 8192, 1 << 20] {
        let mut m = Place::sized(size);
        unsafe { std::ptr::write_bytes(m.data(), 0xa5, size) };
        assert_eq!(m.bytes(), vec![0xa5; size]);
        assert_eq!((m.close(), m.close()), (0, -1));
        assert_eq!(zmq_errno(), EFAULT);
    }
}

#[test]
fn sizes_that_nobody_has() {
    for size in [usize::MAX, usize::MAX - 7, usize::MAX - 64, 1 << 63, (1 << 63) - 1, (1 << 63) - 64, 1 << 62] {
        let mut m = Place::zeroed();
        assert_eq!(unsafe { zmq_msg_init_size(m.p(), size) }, -1, "{size}");
        assert_eq!(zmq_errno(), ENOMEM);
        assert_eq!((m.close(), zmq_errno()), (-1, EFAULT));
    }
    let mut m = Place::zeroed();
    let data = CONTENT.as_ptr().cast_mut().cast();
    assert_eq!(unsafe { zmq_msg_init_data(m.p(), data, usize::MAX, None, null_mut()) }, -1);
    assert_eq!(zmq_errno(), ENOMEM);
}

#[test]
fn the_content_of_the_caller_is_given_back_once() {
    for size in [0, 5, 33, 100] {
        let freed = Freed::new();
        let mut m = user(size, &freed);
        assert_eq!((m.data().cast_const(), m.size()), (CONTENT.as_ptr(), size));
        let mut copy = Place::empty();
        assert_eq!(unsafe { zmq_msg_copy(copy.p(), m.p()) }, 0);
        assert_eq!(copy.data().cast_const(), CONTENT.as_ptr());
        assert_eq!((m.shared(), copy.shared()), (1, 1));
        assert_eq!((m.close(), freed.count()), (0, 0));
        assert_eq!(copy.shared(), 1);
        let mut moved = Place::text("overwritten");
        assert_eq!(unsafe { zmq_msg_move(moved.p(), copy.p()) }, 0);
        assert_eq!((copy.size(), moved.size(), freed.count()), (0, size, 0));
        assert_eq!((copy.close(), freed.count()), (0, 0));
        assert_eq!((moved.close(), freed.count()), (0, 1));
        assert_eq!((moved.close(), freed.count()), (-1, 1));
    }
}

#[test]
fn overwriting_gives_the_old_content_back() {
    let (a, b) = (Freed::new(), Freed::new());
    let (mut first, mut second, mut text) = (user(100, &a), user(100, &b), Place::text("text"));
    assert_eq!(unsafe { zmq_msg_copy(first.p(), text.p()) }, 0);
    assert_eq!((a.count(), first.bytes()), (1, b"text".to_vec()));
    assert_eq!(unsafe { zmq_msg_move(second.p(), text.p()) }, 0);
    assert_eq!((b.count(), second.bytes(), text.size()), (1, b"text".to_vec(), 0));
    assert_eq!((first.close(), second.close(), text.close()), (0, 0, 0));
    assert_eq!((a.count(), b.count()), (1, 1));
}

#[test]
fn content_without_a_free_function_is_constant() {
    let mut m = Place::zeroed();
    let data: *mut c_void = CONTENT.as_ptr().cast_mut().cast();
    assert_eq!(unsafe { zmq_msg_init_data(m.p(), data, 100, None, null_mut()) }, 0);
    assert_eq!((m.shared(), m.data().cast()), (1, data));
    let mut copy = Place::empty();
    assert_eq!(unsafe { zmq_msg_copy(copy.p(), m.p()) }, 0);
    assert_eq!((m.close(), copy.shared(), copy.data().cast()), (0, 1, data));
    assert_eq!(copy.close(), 0);
}

#[test]
fn no_content_needs_no_pointer() {
    let mut m = Place::zeroed();
    assert_eq!(unsafe { zmq_msg_init_data(m.p(), null_mut(), 0, None, null_mut()) }, 0);
    assert_eq!((m.size(), m.close()), (0, 0));
    let freed = Freed::new();
    let rc = unsafe { zmq_msg_init_data(m.p(), null_mut(), 5, Some(give_back), freed.hint()) };
    assert_eq!((rc, zmq_errno(), freed.count()), (-1, EFAULT, 0));
    assert_eq!((m.close(), zmq_errno()), (-1, EFAULT));
}

#[test]
fn small_contents_are_copied_and_large_ones_shared() {
    for (size, shared) in [(0, 0), (33, 0), (34, 1), (5000, 1)] {
        let mut m = Place::text(&"x".repeat(size));
        let mut copy = Place::empty();
        assert_eq!(m.shared(), 0);
        assert_eq!(unsafe { zmq_msg_copy(copy.p(), m.p()) }, 0);
        assert_eq!((m.shared(), copy.shared()), (shared, shared), "{size}");
        assert_eq!(copy.data() == m.data(), shared == 1);
        assert_eq!(m.close(), 0);
        assert_eq!((copy.bytes(), copy.shared()), (vec![b'x'; size], shared));
        assert_eq!(copy.close(), 0);
    }
}

#[test]
fn a_message_onto_itself_stays_as_it_is() {
    let freed = Freed::new();
    let mut m = user(100, &freed);
    let p = m.p();
    assert_eq!(unsafe { zmq_msg_copy(p, p) }, 0);
    assert_eq!(unsafe { zmq_msg_move(p, p) }, 0);
    assert_eq!((m.size(), m.shared(), freed.count()), (100, 0, 0));
    assert_eq!((m.close(), freed.count()), (0, 1));
}

#[test]
fn properties() {
    let mut m = Place::text("text");
    assert_eq!(unsafe { zmq_msg_get(m.p(), ZMQ_MORE) }, 0);
    for property in [ZMQ_SRCFD, 0, -1, 4, 77, c_int::MAX] {
        assert_eq!((unsafe { zmq_msg_get(m.p(), property) }, zmq_errno()), (-1, EINVAL), "{property}");
    }
    for property in [ZMQ_MORE, ZMQ_SRCFD, ZMQ_SHARED, 77] {
        assert_eq!((unsafe { zmq_msg_set(m.p(), property, 1) }, zmq_errno()), (-1, EINVAL));
    }
    for name in [c"Socket-Type", c"Identity", c"Peer-Address", c""] {
        assert!(unsafe { zmq_msg_gets(m.p(), name.as_ptr()) }.is_null());
        assert_eq!(zmq_errno(), EINVAL);
    }
    assert!(unsafe { zmq_msg_gets(m.p(), null()) }.is_null());
    assert_eq!((zmq_errno(), m.close()), (EFAULT, 0));
}

#[test]
fn pointers_to_no_message() {
    let (mut zeroed, mut closed, mut ones) = (Place::zeroed(), Place::text("text"), Place::zeroed());
    closed.close();
    unsafe { std::ptr::write_bytes(ones.p().cast::<u8>(), 0xff, 64) };
    let mut bytes = [0u64; 9];
    let crooked = unsafe { bytes.as_mut_ptr().cast::<u8>().add(1) }.cast();
    let bad = [null_mut(), zeroed.p(), closed.p(), ones.p(), crooked];
    let mut good = Place::text("good");
    let fault = |rc: c_int| assert_eq!((rc, zmq_errno()), (-1, EFAULT));
    for p in bad {
        unsafe {
            fault(zmq_msg_close(p));
            fault(zmq_msg_move(p, good.p()));
            fault(zmq_msg_move(good.p(), p));
            fault(zmq_msg_move(p, p));
            fault(zmq_msg_copy(p, good.p()));
            fault(zmq_msg_copy(good.p(), p));
            fault(zmq_msg_copy(p, p));
            fault(zmq_msg_get(p, ZMQ_MORE));
            fault(zmq_msg_set(p, ZMQ_MORE, 1));
            assert_eq!((zmq_msg_more(p), zmq_errno()), (0, EFAULT));
            assert_eq!((zmq_msg_size(p), zmq_errno()), (0, EFAULT));
            assert!(zmq_msg_data(p).is_null());
            assert!(zmq_msg_gets(p, c"Identity".as_ptr()).is_null());
        }
        assert_eq!((good.bytes(), zmq_errno()), (b"good".to_vec(), EFAULT));
    }
    for p in [null_mut(), crooked] {
        unsafe {
            fault(zmq_msg_init(p));
            fault(zmq_msg_init_size(p, 5));
            fault(zmq_msg_init_data(p, CONTENT.as_ptr().cast_mut().cast(), 5, None, null_mut()));
        }
    }
    assert_eq!(good.close(), 0);
}

#[test]
fn a_copy_may_be_closed_on_another_thread() {
    let freed = Freed::new();
    let mut m = user(100, &freed);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut copy = Place::empty();
            assert_eq!(unsafe { zmq_msg_copy(copy.p(), m.p()) }, 0);
            scope.spawn(move || {
                assert_eq!(copy.bytes(), CONTENT);
                assert_eq!(copy.close(), 0);
            });
        }
        assert_eq!(m.close(), 0);
    });
    assert_eq!(freed.count(), 1);
}
