//! Copies of a few bytes, without a call: two overlapping moves of the largest width that fits. Pure.
#![allow(unsafe_code, reason = "moves bytes in pieces of several widths")]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "the pieces rest on one argument")]

use std::mem::MaybeUninit;

/// Most bytes that are copied in this way.
pub(super) const MAX: usize = 48;

/// # Safety
/// `N` bytes may be read at `from` and written at `to`, both behind `offset`.
#[inline(always)]
unsafe fn piece<const N: usize>(from: *const u8, to: *mut u8, offset: usize) {
    // SAFETY: the caller's promise; the bytes need not be initialised.
    unsafe {
        let bytes = from.add(offset).cast::<[MaybeUninit<u8>; N]>().read_unaligned();
        to.add(offset).cast::<[MaybeUninit<u8>; N]>().write_unaligned(bytes);
    }
}

/// Copies `n` bytes, at most [`MAX`].
///
/// # Safety
/// `n` bytes may be read at `from` and written at `to`; the two do not overlap.
#[inline(always)]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, n: usize) {
    debug_assert!(n <= MAX);
    // SAFETY: every piece begins and ends within the `n` bytes.
    unsafe {
        if n >= 16 {
            piece::<16>(from, to, 0);
            if n > 32 {
                piece::<16>(from, to, 16);
            }
            piece::<16>(from, to, n - 16);
        } else if n >= 8 {
            piece::<8>(from, to, 0);
            piece::<8>(from, to, n - 8);
        } else if n >= 4 {
            piece::<4>(from, to, 0);
            piece::<4>(from, to, n - 4);
        } else if n > 0 {
            piece::<1>(from, to, 0);
            piece::<1>(from, to, n / 2);
            piece::<1>(from, to, n - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_what_is_asked_for_and_nothing_else() {
        let from: Vec<u8> = (1..=MAX as u8).collect();
        for n in 0..=MAX {
            let mut to = [0; MAX + 1];
            // SAFETY: both have at least `n` bytes.
            unsafe { copy(from.as_ptr(), to.as_mut_ptr(), n) };
            assert_eq!(to[..n], from[..n]);
            assert!(to[n..].iter().all(|b| *b == 0), "{n}");
        }
    }
}
