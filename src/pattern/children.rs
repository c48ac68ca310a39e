//! Lists of children for the nodes of a topic tree, in one vector: a node names its list by a number, which costs four
//! bytes and no allocation. The socket's thread.
//!
//! A list is one byte with its length less one, one with its size class, then room for so many first bytes of labels, in
//! order, then for as many node numbers. Lists that are no longer used are linked, by class, through their first bytes.

use crate::errno::{Errno, Result};
use crate::sys::memory;

/// How many children a list of each class has room for.
const ROOM: [usize; 11] = [4, 8, 12, 20, 32, 48, 64, 96, 128, 192, 256];
const HEAD: usize = 2;
/// Lists begin at multiples of this many bytes; their numbers count these.
const UNIT: usize = 4;
const NONE: u32 = u32::MAX;

/// A list, until it is changed.
pub(super) type ListId = u32;

/// The lists of one tree.
#[derive(Debug)]
pub(super) struct Children {
    bytes: Vec<u8>,
    free: [u32; ROOM.len()],
}

/// Which of eight bytes is the first that equals `byte`.
#[inline]
fn position(eight: u64, byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let differences = eight ^ (ONES * u64::from(byte));
    // The lowest bit that is set is that of the first zero byte; those above it may be wrong.
    let zeros = differences.wrapping_sub(ONES) & !differences & (ONES << 7);
    (zeros != 0).then(|| (zeros.trailing_zeros() / 8) as usize)
}

const fn size(class: usize) -> usize {
    (HEAD + 5 * ROOM[class]).next_multiple_of(UNIT)
}

impl Children {
    pub(super) fn new() -> Children {
        Children { bytes: Vec::new(), free: [NONE; ROOM.len()] }
    }

    #[inline]
    fn list(&self, id: ListId) -> &[u8] {
        &self.bytes[id as usize * UNIT..]
    }

    fn list_mut(&mut self, id: ListId) -> &mut [u8] {
        &mut self.bytes[id as usize * UNIT..]
    }

    #[inline]
    fn room(list: &[u8]) -> usize {
        ROOM[usize::from(list[1])]
    }

    /// First bytes of the children's labels.
    #[inline]
    pub(super) fn keys(&self, id: ListId) -> &[u8] {
        let list = self.list(id);
        &list[HEAD..HEAD + usize::from(list[0]) + 1]
    }

    #[inline]
    fn node_at(list: &[u8], at: usize) -> u32 {
        let from = HEAD + Children::room(list) + at * 4;
        list[from..].first_chunk().map_or(NONE, |bytes| u32::from_le_bytes(*bytes))
    }

    fn set_node(list: &mut [u8], at: usize, node: u32) {
        let from = HEAD + Children::room(list) + at * 4;
        list[from..from + 4].copy_from_slice(&node.to_le_bytes());
    }

    /// The child whose label begins with `byte`.
    #[inline]
    pub(super) fn find(&self, id: ListId, byte: u8) -> Option<u32> {
        let list = self.list(id);
        let count = usize::from(list[0]) + 1;
        if count > 32 {
            let at = list[HEAD..HEAD + count].binary_search(&byte).ok()?;
            return Some(Children::node_at(list, at));
        }
        // Eight at a time; what is compared behind the last key belongs to the list, too, and is no match.
        for from in (0..count).step_by(8) {
            let eight = u64::from_le_bytes(*list[HEAD + from..].first_chunk()?);
            if let Some(at) = position(eight, byte) {
                return (from + at < count).then(|| Children::node_at(list, from + at));
            }
        }
        None
    }

    /// The first child whose label begins with `byte` or a higher one.
    pub(super) fn find_from(&self, id: ListId, byte: u8) -> Option<u32> {
        let keys = self.keys(id);
        let at = keys.partition_point(|key| *key < byte);
        (at < keys.len()).then(|| Children::node_at(self.list(id), at))
    }

    /// A list of two.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub(super) fn pair(&mut self, a: (u8, u32), b: (u8, u32)) -> Result<ListId> {
        let id = self.allocate(0)?;
        let list = self.list_mut(id);
        let (low, high) = if a.0 < b.0 { (a, b) } else { (b, a) };
        list[0] = 1;
        for (at, (key, node)) in [low, high].into_iter().enumerate() {
            list[HEAD + at] = key;
            Children::set_node(list, at, node);
        }
        Ok(id)
    }

    /// Adds a child; the list's number from then on.
    ///
    /// # Errors
    /// `ENOMEM`; the list is as it was.
    pub(super) fn insert(&mut self, id: ListId, byte: u8, node: u32) -> Result<ListId> {
        let (count, class) = (self.keys(id).len(), usize::from(self.list(id)[1]));
        let id = if count == ROOM[class] { self.move_to(id, class + 1)? } else { id };
        let at = self.keys(id).partition_point(|key| *key < byte);
        let list = self.list_mut(id);
        let nodes = HEAD + Children::room(list);
        list.copy_within(HEAD + at..HEAD + count, HEAD + at + 1);
        list.copy_within(nodes + at * 4..nodes + count * 4, nodes + at * 4 + 4);
        list[HEAD + at] = byte;
        list[0] = count as u8;
        Children::set_node(list, at, node);
        Ok(id)
    }

    /// Puts another child in the place of one.
    pub(super) fn replace(&mut self, id: ListId, byte: u8, node: u32) {
        if let Ok(at) = self.keys(id).binary_search(&byte) {
            Children::set_node(self.list_mut(id), at, node);
        }
    }

    /// Takes a child out of a list of two or more; the list's number from then on, or the only child that is left.
    pub(super) fn remove(&mut self, id: ListId, byte: u8) -> Result<ListId, u32> {
        let keys = self.keys(id);
        let count = keys.len();
        let Ok(at) = keys.binary_search(&byte) else { return Ok(id) };
        let list = self.list_mut(id);
        let nodes = HEAD + Children::room(list);
        list.copy_within(HEAD + at + 1..HEAD + count, HEAD + at);
        list.copy_within(nodes + at * 4 + 4..nodes + count * 4, nodes + at * 4);
        let left = count - 1;
        if left == 1 {
            let only = Children::node_at(list, 0);
            self.release(id);
            return Err(only);
        }
        list[0] = (left - 1) as u8;
        let class = usize::from(list[1]);
        let smaller = (0..class).find(|smaller| left <= ROOM[*smaller] / 2);
        // Giving memory back must not need any: without, the list stays where it is.
        Ok(smaller.and_then(|smaller| self.move_to(id, smaller).ok()).unwrap_or(id))
    }

    /// A copy of a list in another class, in its place.
    fn move_to(&mut self, id: ListId, class: usize) -> Result<ListId> {
        let count = self.keys(id).len();
        let fresh = self.allocate(class)?;
        let (from, to) = (id as usize * UNIT, fresh as usize * UNIT);
        let old_nodes = from + HEAD + Children::room(self.list(id));
        let new_nodes = to + HEAD + ROOM[class];
        self.bytes[to] = self.bytes[from];
        self.bytes.copy_within(from + HEAD..from + HEAD + count, to + HEAD);
        self.bytes.copy_within(old_nodes..old_nodes + count * 4, new_nodes);
        self.release(id);
        Ok(fresh)
    }

    fn allocate(&mut self, class: usize) -> Result<ListId> {
        let id = match self.free[class] {
            NONE => self.extend(size(class))?,
            id => {
                self.free[class] = self.list(id)[..4].first_chunk().map_or(NONE, |next| u32::from_le_bytes(*next));
                id
            }
        };
        self.list_mut(id)[1] = class as u8;
        Ok(id)
    }

    fn extend(&mut self, size: usize) -> Result<ListId> {
        let start = self.bytes.len();
        if start + size > self.bytes.capacity() {
            // Doubling would leave up to half of a large tree's memory unused.
            let more = size.max(start / 8);
            if more > 64 * 1024 && !memory::has_room(2 * more) {
                return Err(Errno::ENOMEM);
            }
            self.bytes.try_reserve_exact(more).map_err(|_| Errno::ENOMEM)?;
        }
        let id = u32::try_from(start / UNIT).ok().filter(|id| *id < NONE / 2).ok_or(Errno::ENOMEM)?;
        self.bytes.resize(start + size, 0);
        Ok(id)
    }

    fn release(&mut self, id: ListId) {
        let class = usize::from(self.list(id)[1]);
        let next = std::mem::replace(&mut self.free[class], id);
        self.list_mut(id)[..4].copy_from_slice(&next.to_le_bytes());
    }

    /// The tree is empty: all lists are gone.
    pub(super) fn clear(&mut self) {
        *self = Children::new();
    }

    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity()
    }
}
