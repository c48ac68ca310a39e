//! Lists of children for the nodes of a topic tree, in one vector: a node names its list by a number, which costs four
//! bytes and no allocation. The socket's thread.
//!
//! A list is one byte with its length less one, one with its room less one, four with the number of the node it belongs to,
//! then room for so many first bytes of labels, in order, then for as many entries, which are the children to the tree.
//! Lists that are no longer used are linked, by class, through their first bytes.

use crate::errno::{Errno, Result};
use crate::sys::memory;

/// How many children a list of each class has room for.
const ROOM: [usize; 11] = [5, 11, 18, 24, 37, 50, 75, 101, 126, 178, 256];
const HEAD: usize = 6;
/// Lists begin at multiples of this many bytes; their numbers count these.
const UNIT: usize = 32;
/// What caches load at once. Lists that fill it, as those for ten digits do, begin with it.
const LINE: usize = 64;
/// Of the bytes in front of the first list: where an allocator puts what is large, 16 bytes into a page, lists are then
/// aligned. Elsewhere this only costs time.
const LEAD: usize = 48;
const NONE: u32 = u32::MAX;

/// A list, until it is changed.
pub(super) type ListId = u32;

/// The lists of one tree.
#[derive(Debug)]
pub(super) struct Children {
    bytes: Vec<u8>,
    free: [u32; ROOM.len()],
}

/// Which of sixteen bytes is the first that equals `byte`.
#[inline]
fn position(sixteen: u128, byte: u8) -> Option<usize> {
    const ONES: u128 = u128::from_le_bytes([1; 16]);
    let differences = sixteen ^ u128::from_le_bytes([byte; 16]);
    // The lowest bit that is set is that of the first zero byte; those above it may be wrong.
    let zeros = differences.wrapping_sub(ONES) & !differences & (ONES << 7);
    (zeros != 0).then(|| (zeros.trailing_zeros() / 8) as usize)
}

fn class(list: &[u8]) -> usize {
    let room = Children::room(list);
    ROOM.partition_point(|smaller| *smaller < room)
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
        &self.bytes[LEAD + id as usize * UNIT..]
    }

    fn list_mut(&mut self, id: ListId) -> &mut [u8] {
        &mut self.bytes[LEAD + id as usize * UNIT..]
    }

    #[inline]
    fn room(list: &[u8]) -> usize {
        usize::from(list[1]) + 1
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
        // Digits and letters often follow each other without a gap: the place is then known without a search.
        let guess = usize::from(byte.wrapping_sub(list[HEAD]));
        if guess < count && list[HEAD + guess] == byte {
            return Some(Children::node_at(list, guess));
        }
        Children::search(list, count, byte)
    }

    #[inline(never)]
    fn search(list: &[u8], count: usize, byte: u8) -> Option<u32> {
        if count > 32 {
            let at = list[HEAD..HEAD + count].binary_search(&byte).ok()?;
            return Some(Children::node_at(list, at));
        }
        // Sixteen at a time; what is compared behind the last key belongs to the list, too, and is no match.
        for from in (0..count).step_by(16) {
            let sixteen = u128::from_le_bytes(*list[HEAD + from..].first_chunk()?);
            if let Some(at) = position(sixteen, byte) {
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

    /// The node that a list belongs to.
    pub(super) fn owner(&self, id: ListId) -> u32 {
        self.list(id)[2..].first_chunk().map_or(NONE, |bytes| u32::from_le_bytes(*bytes))
    }

    /// A list of two.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub(super) fn pair(&mut self, owner: u32, a: (u8, u32), b: (u8, u32)) -> Result<ListId> {
        let id = self.allocate(0)?;
        let list = self.list_mut(id);
        let (low, high) = if a.0 < b.0 { (a, b) } else { (b, a) };
        list[0] = 1;
        list[2..HEAD].copy_from_slice(&owner.to_le_bytes());
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
        let list = self.list(id);
        let count = usize::from(list[0]) + 1;
        let id = if count == Children::room(list) { self.move_to(id, class(list) + 1)? } else { id };
        let keys = self.keys(id);
        // Most come in order.
        let behind = keys.last().is_some_and(|last| *last < byte);
        let at = if behind { count } else { keys.partition_point(|key| *key < byte) };
        let list = self.list_mut(id);
        if at < count {
            let nodes = HEAD + Children::room(list);
            list.copy_within(HEAD + at..HEAD + count, HEAD + at + 1);
            list.copy_within(nodes + at * 4..nodes + count * 4, nodes + at * 4 + 4);
        }
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
        let class = class(list);
        let smaller = (0..class).find(|smaller| left <= ROOM[*smaller] / 2);
        // Giving memory back must not need any: without, the list stays where it is.
        Ok(smaller.and_then(|smaller| self.move_to(id, smaller).ok()).unwrap_or(id))
    }

    /// A copy of a list in another class, in its place.
    fn move_to(&mut self, id: ListId, class: usize) -> Result<ListId> {
        let count = self.keys(id).len();
        let fresh = self.allocate(class)?;
        let (from, to) = (LEAD + id as usize * UNIT, LEAD + fresh as usize * UNIT);
        let old_nodes = from + HEAD + Children::room(self.list(id));
        let new_nodes = to + HEAD + ROOM[class];
        self.bytes[to] = self.bytes[from];
        self.bytes.copy_within(from + 2..from + HEAD, to + 2);
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
        self.list_mut(id)[1] = (ROOM[class] - 1) as u8;
        Ok(id)
    }

    fn extend(&mut self, size: usize) -> Result<ListId> {
        let start = self.bytes.len().max(LEAD);
        let apart = size.is_multiple_of(LINE) && !(start - LEAD).is_multiple_of(LINE);
        let end = start + size + if apart { UNIT } else { 0 };
        if end > self.bytes.capacity() {
            // Doubling would leave up to half of a large tree's memory unused.
            let more = (end - self.bytes.len()).max(start / 8);
            if more > 64 * 1024 && !memory::has_room(2 * more) {
                return Err(Errno::ENOMEM);
            }
            self.bytes.try_reserve_exact(more).map_err(|_| Errno::ENOMEM)?;
        }
        let id = u32::try_from((start - LEAD) / UNIT).ok().filter(|id| *id < NONE / 2).ok_or(Errno::ENOMEM)?;
        self.bytes.resize(end, 0);
        if apart {
            // The gap is a list of the smallest class.
            self.list_mut(id)[1] = (ROOM[0] - 1) as u8;
            self.release(id);
        }
        Ok(id + u32::from(apart))
    }

    fn release(&mut self, id: ListId) {
        let class = class(self.list(id));
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
