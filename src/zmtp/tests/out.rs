//! The outgoing queue: order, references, memory.

use super::super::OutQueue;
use super::harness::drain;
use crate::message::Msg;
use std::io::IoSlice;

#[test]
fn any_mix_comes_out_in_order_at_any_pace() {
    let sizes = [0, 1, 100, 4096, 4097, 5000, 3, 70_000, 4096, 100_000, 0, 9];
    for step in [97, 4096, 5003, usize::MAX] {
        let (mut out, mut expected) = (OutQueue::new(), Vec::new());
        let mut taken = Vec::new();
        for (i, size) in sizes.iter().cycle().take(60).enumerate() {
            let body = vec![i as u8; *size];
            out.push_frame(&[0xee, i as u8], Msg::from_slice(&body).unwrap()).unwrap();
            expected.extend([0xee, i as u8]);
            expected.extend(body);
            if i % 3 == 0 {
                let n = out.front().len().min(step);
                taken.extend_from_slice(&out.front()[..n]);
                out.advance(n);
            }
        }
        taken.extend(drain(&mut out, step));
        assert!(taken == expected);
        assert_eq!(out.len(), 0);
    }
}

#[test]
fn a_payload_is_given_up_with_its_last_byte() {
    let mut out = OutQueue::new();
    let mut large = Msg::from_slice(&[1; 5000]).unwrap();
    out.push_frame(b"h", large.share()).unwrap();
    let data = large.data_ptr();
    let mut slices = [IoSlice::new(&[]); 2];
    assert_eq!(out.io_slices(&mut slices), 2);
    assert_eq!(slices[1].as_ptr(), data, "not copied");
    out.push_frame(b"h", Msg::from_slice(&[2; 10]).unwrap()).unwrap();
    out.advance(5000);
    assert_eq!((out.len(), out.references()), (12, 1));
    out.advance(1);
    assert_eq!((out.len(), out.references()), (11, 0));
}

#[test]
fn slices_stop_where_there_is_no_room() {
    let mut out = OutQueue::new();
    for _ in 0..5 {
        out.push_frame(b"h", Msg::from_slice(&[1; 5000]).unwrap()).unwrap();
    }
    let mut slices = [IoSlice::new(&[]); 3];
    assert_eq!(out.io_slices(&mut slices), 3);
    assert_eq!([slices[0].len(), slices[1].len(), slices[2].len()], [1, 5000, 1]);
    assert_eq!(out.io_slices(&mut []), 0);
    let mut all = [IoSlice::new(&[]); 20];
    assert_eq!(out.io_slices(&mut all), 10);
}

#[test]
fn a_queue_that_never_drains_does_not_grow() {
    let mut out = OutQueue::new();
    out.push_frame(&[0; 100], Msg::new()).unwrap();
    for _ in 0..100_000 {
        out.push_frame(&[1, 2], Msg::from_slice(&[3; 98]).unwrap()).unwrap();
        out.advance(100);
        assert_eq!(out.len(), 100);
    }
    assert!(out.capacity() < 256 * 1024);
    out.push_frame(&[0], Msg::from_slice(&[3; 5000]).unwrap()).unwrap();
    for _ in 0..20_000 {
        out.push_frame(&[0], Msg::from_slice(&[3; 5000]).unwrap()).unwrap();
        out.advance(5001);
    }
    assert!(out.capacity() < 256 * 1024);
    out.clear();
    assert!(out.is_empty() && out.capacity() == 0);
}

#[test]
fn a_large_buffer_is_kept_while_it_is_used() {
    let mut out = OutQueue::new();
    for (size, kept) in [(1 << 20, true), (1 << 20, true), (100, false), (5 << 20, false)] {
        out.push_bytes(&vec![0; size]).unwrap();
        out.advance(size);
        assert!(out.is_empty());
        assert_eq!(out.capacity() > 0, kept, "{size}");
    }
}
