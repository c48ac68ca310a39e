//! Pipes by routing id. The socket's thread.
//!
//! Ids of the form that this side makes are looked up by their number, without a hash that costs as much as the rest: no
//! peer can choose one, so that none can choose many that collide.

use crate::errno::{Errno, Result};
use crate::pipe::PipeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Which pipe has which id.
#[derive(Debug, Default)]
pub(super) struct IdMap {
    made: HashMap<u32, PipeId, BuildHasherDefault<Spread>>,
    chosen: HashMap<Box<[u8]>, PipeId>,
}

/// The id that belongs to a number.
pub(super) fn made(number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_be_bytes();
    [0, a, b, c, d]
}

/// The number of an id of that form, whoever made it.
#[inline]
fn number(id: &[u8]) -> Option<u32> {
    let [0, number @ ..] = id else { return None };
    number.try_into().ok().map(u32::from_be_bytes)
}

impl IdMap {
    #[inline]
    pub(super) fn get(&self, id: &[u8]) -> Option<PipeId> {
        match number(id) {
            Some(number) => self.made.get(&number).copied(),
            None => self.chosen.get(id).copied(),
        }
    }

    /// Gives a pipe an id, which nobody else has any more.
    ///
    /// # Errors
    /// `ENOMEM`; nothing has changed.
    pub(super) fn insert(&mut self, id: &[u8], pipe: PipeId) -> Result<()> {
        if let Some(number) = number(id) {
            self.made.insert(number, pipe);
            return Ok(());
        }
        let mut key = Vec::new();
        key.try_reserve_exact(id.len()).map_err(|_| Errno::ENOMEM)?;
        key.extend_from_slice(id);
        self.chosen.insert(key.into_boxed_slice(), pipe);
        Ok(())
    }

    /// Takes an id from a pipe, if it is that pipe's.
    pub(super) fn remove(&mut self, id: &[u8], pipe: PipeId) {
        if self.get(id) == Some(pipe) {
            match number(id) {
                Some(number) => self.made.remove(&number),
                None => self.chosen.remove(id),
            };
        }
    }
}

/// Numbers that follow each other, spread over all bits of a hash.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        // 2^64 divided by the golden ratio.
        self.0 = (self.0.rotate_left(5) ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_found_whatever_its_form() {
        let ids: [&[u8]; 8] =
            [&[0, 0, 0, 0, 1], &[0, 1, 2, 3, 4], &[0, 1, 2, 3], &[0, 1, 2, 3, 4, 5], &[1, 0, 0, 0, 1], b"a", b"", &[0]];
        let mut map = IdMap::default();
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(map.get(id), None);
            map.insert(id, PipeId::from_bits(n as u64)).unwrap();
        }
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(map.get(id), Some(PipeId::from_bits(n as u64)));
            map.remove(id, PipeId::from_bits(99));
            assert_eq!(map.get(id), Some(PipeId::from_bits(n as u64)), "it is another's");
            map.remove(id, PipeId::from_bits(n as u64));
            assert_eq!(map.get(id), None);
        }
    }

    #[test]
    fn the_last_owner_counts() {
        let mut map = IdMap::default();
        for id in [&made(7)[..], b"name"] {
            map.insert(id, PipeId::from_bits(1)).unwrap();
            map.insert(id, PipeId::from_bits(2)).unwrap();
            map.remove(id, PipeId::from_bits(1));
            assert_eq!(map.get(id), Some(PipeId::from_bits(2)));
        }
    }

    #[test]
    fn numbers_and_ids_belong_together() {
        for n in [0, 1, 0x0102_0304, u32::MAX] {
            assert_eq!(number(&made(n)), Some(n));
        }
        assert_eq!(made(0x0102_0304), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn numbers_in_a_row_are_spread() {
        let hash = |n: u32| {
            let mut spread = Spread::default();
            spread.write_u32(n);
            spread.finish()
        };
        for start in [0, 77, u32::MAX - 4000] {
            let low: std::collections::HashSet<u64> = (0..4096).map(|n| hash(start.wrapping_add(n)) % 4096).collect();
            let high: std::collections::HashSet<u64> = (0..4096).map(|n| hash(start.wrapping_add(n)) >> 57).collect();
            assert_eq!((low.len(), high.len()), (4096, 128));
        }
    }
}
