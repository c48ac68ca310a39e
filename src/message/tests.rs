//! Messages: content kinds, sharing, slabs and their reference counts.
use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn inline_and_heap_sizes() {
    for n in [0, 1, 33, 34, 1000] {
        let bytes: Vec<u8> = (0..n).map(|i| i as u8).collect();
        let mut m = Msg::from_slice(&bytes).unwrap();
        assert_eq!(m.data(), &bytes[..]);
        let c = m.share();
        assert_eq!(c.data(), &bytes[..]);
        assert_eq!(c.is_shared(), n > 33);
        assert_eq!(m.is_shared(), n > 33);
        assert_eq!(c.data_ptr() == m.data_ptr(), n > 33);
    }
    assert!(Msg::with_size(usize::MAX).is_err());
}

unsafe extern "C" fn count(_: *mut c_void, hint: *mut c_void) {
    // SAFETY: the tests pass a counter that outlives the message.
    let counter = unsafe { &*hint.cast::<AtomicUsize>() };
    counter.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn user_data_is_freed_once_by_the_last() {
    let calls = AtomicUsize::new(0);
    let mut data = [7u8; 3];
    // SAFETY: data and counter outlive the messages.
    let mut m =
        unsafe { Msg::from_user(data.as_mut_ptr().cast(), 3, Some(count), (&raw const calls).cast_mut().cast()) }
            .unwrap();
    assert_eq!(m.data_ptr(), data.as_ptr());
    let c = m.share();
    drop(m);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    drop(c);
    // Whoever drops a message may hold locks.
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    call_free_functions();
    call_free_functions();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn metadata_is_shared_and_dropped() {
    let meta = Arc::new(Metadata::new(Some(5)));
    let mut m = Msg::new();
    m.set_metadata(Some(meta.clone()));
    let c = m.share();
    assert_eq!(Arc::strong_count(&meta), 3);
    assert_eq!(c.metadata().unwrap().fd(), Some(5));
    drop((m, c));
    assert_eq!(Arc::strong_count(&meta), 1);
}

#[test]
fn copies_are_counted_ahead_and_none_is_left_over() {
    let meta = Arc::new(Metadata::new(None));
    for (reserved, made) in [(0, 0), (0, 2), (3, 0), (3, 3), (2, 5)] {
        for size in [5, 100] {
            let freed = AtomicUsize::new(0);
            let bytes = vec![7; size];
            let mut m = if size == 100 {
                let (data, hint) = (bytes.as_ptr().cast_mut().cast(), (&raw const freed).cast_mut().cast());
                // SAFETY: bytes and counter outlive every message over them.
                unsafe { Msg::from_user(data, size, Some(count), hint) }.unwrap()
            } else {
                Msg::from_slice(&bytes).unwrap()
            };
            m.set_metadata(Some(meta.clone()));
            let mut shares = Shares::new(&mut m, reserved);
            let copies: Vec<Msg> = (0..made).map(|_| shares.take()).collect();
            drop(shares);
            assert!(copies.iter().all(|c| c.data() == bytes && c.is_shared() == (size == 100)));
            assert_eq!(Arc::strong_count(&meta), 2 + made);
            drop(m);
            call_free_functions();
            assert_eq!(freed.load(Ordering::SeqCst), usize::from(size == 100 && made == 0));
            drop(copies);
            call_free_functions();
            assert_eq!((freed.load(Ordering::SeqCst), Arc::strong_count(&meta)), (usize::from(size == 100), 1));
        }
    }
}

#[test]
fn receive_buffer_views_and_reuse() {
    let mut b = RecvBuffer::new(256, true);
    for round in 0..10u8 {
        let bytes = [round; 100];
        let mut src = &bytes[..];
        let (n, _) = b.fill(&mut src).unwrap();
        assert_eq!(n, 100);
        let small = b.take(10).unwrap();
        let big = b.take(1000).unwrap();
        assert_eq!((small.data(), big.data()), (&bytes[..10], &bytes[..90]));
        assert!(b.unread().is_empty());
    }
    let mut kept = Vec::new();
    for round in 0..50u8 {
        let bytes = [round; 90];
        b.fill(&mut &bytes[..]).unwrap();
        kept.push(b.take(90).unwrap());
    }
    drop(b);
    for (round, m) in kept.iter().enumerate() {
        assert_eq!(m.data(), &[round as u8; 90]);
    }
}

#[test]
fn buffers_at_rest_read_into_the_same_memory_and_keep_their_own_bytes() {
    let mut buffers: Vec<RecvBuffer> = (0..4).map(|_| RecvBuffer::new(256, true)).collect();
    let mut kept = Vec::new();
    let mut places = std::collections::HashSet::new();
    for round in 0..200u8 {
        for (who, b) in buffers.iter_mut().enumerate() {
            // In two reads: an unfinished part waits while the others read.
            let bytes: Vec<u8> = (0..60).map(|i| round ^ (who as u8) << 6 ^ i).collect();
            let (first, second) = bytes.split_at(usize::from(round) % 60);
            for piece in [first, second] {
                let mut rest = piece;
                while !rest.is_empty() {
                    b.fill(&mut rest).unwrap();
                }
                b.rest();
            }
            assert_eq!(b.unread(), bytes);
            let mut more = &bytes[..1];
            b.fill(&mut more).unwrap();
            kept.push((bytes.clone(), b.take(60).unwrap()));
            places.insert(kept[kept.len() - 1].1.data_ptr() as usize / (64 * 1024));
            assert_eq!(b.unread(), &bytes[..1]);
            b.consume(1);
            b.rest();
        }
        if round % 7 == 0 {
            kept.drain(..).for_each(|(bytes, m)| assert_eq!(m.data(), bytes));
        }
    }
    drop(buffers);
    kept.drain(..).for_each(|(bytes, m)| assert_eq!(m.data(), bytes));
    assert!(places.len() <= 4, "the memory is shared: {places:?}");
}

#[test]
fn send_slab_keeps_payloads_apart() {
    let mut s = SendSlab::default();
    let mut kept = Vec::new();
    for i in 0..500usize {
        let bytes = vec![i as u8; 34 + i];
        kept.push((bytes.clone(), s.message(&bytes).unwrap()));
    }
    for (bytes, m) in &kept {
        assert_eq!(m.data(), &bytes[..]);
    }
    kept.clear();
    for i in 0..2000usize {
        assert_eq!(s.message(&[i as u8; 256]).unwrap().data(), &[i as u8; 256]);
    }
}

#[test]
fn content_is_copied_into_the_memory_that_it_is_in() {
    let mut memory: Vec<u8> = (0..100).collect();
    let start = memory.as_mut_ptr();
    // SAFETY: the memory outlives the message.
    let msg = unsafe { Msg::constant(start, 90) };
    // SAFETY: within the vector, which nobody else looks at meanwhile.
    let place = unsafe { std::slice::from_raw_parts(start.wrapping_add(10).cast(), 90) };
    msg.copy_to(place);
    assert!(memory.iter().copied().eq((0..10).chain(0..90)));
}
