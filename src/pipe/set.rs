//! A socket's pipes, by ids that never name another pipe. The socket's thread.

use super::PipeEnd;
use crate::message::{Metadata, Msg};
use crate::util::prefetch::prefetch;
use std::sync::Arc;

/// Names a pipe of a socket; stale ids find nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct PipeId {
    index: u32,
    generation: u32,
}

impl PipeId {
    /// The id as one number, for a notification.
    pub fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// The reverse of [`PipeId::to_bits`].
    pub fn from_bits(bits: u64) -> PipeId {
        PipeId { index: bits as u32, generation: (bits >> 32) as u32 }
    }
}

/// The generation stands beside what each message takes of the pipe.
#[derive(Debug)]
#[repr(C)]
struct Entry {
    generation: u32,
    pipe: Option<(PipeEnd, u64)>,
}

/// The pipes, each with a tag of the socket's choice (which endpoint it belongs to).
///
/// Patterns read, write and ask to close; the socket attaches, and takes ended and closed pipes out.
#[derive(Debug, Default)]
pub struct PipeSet {
    entries: Vec<Entry>,
    free: Vec<u32>,
    live: usize,
    done: Vec<PipeId>,
    last_read: Option<PipeId>,
}

impl PipeSet {
    /// Fewer pipes stay near the processor by themselves.
    pub const MANY: usize = 64;

    /// The id that the next [`PipeSet::insert`] will give.
    pub fn next_id(&self) -> PipeId {
        match self.free.last() {
            Some(&index) => PipeId { index, generation: self.entries[index as usize].generation },
            None => PipeId { index: self.entries.len() as u32, generation: 0 },
        }
    }

    /// Adds a pipe.
    pub fn insert(&mut self, pipe: PipeEnd, tag: u64) -> PipeId {
        let id = self.next_id();
        self.live += 1;
        if self.free.pop().is_some() {
            self.entries[id.index as usize].pipe = Some((pipe, tag));
        } else {
            self.entries.push(Entry { generation: 0, pipe: Some((pipe, tag)) });
        }
        id
    }

    /// Takes a pipe out.
    pub fn remove(&mut self, id: PipeId) -> Option<PipeEnd> {
        let entry = self.entries.get_mut(id.index as usize).filter(|e| e.generation == id.generation)?;
        let (pipe, _) = entry.pipe.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(id.index);
        self.live -= 1;
        Some(pipe)
    }

    /// The pipe, if it is still there.
    #[inline]
    pub fn get(&mut self, id: PipeId) -> Option<&mut PipeEnd> {
        match self.entries.get_mut(id.index as usize) {
            Some(Entry { generation, pipe: Some((pipe, _)), .. }) if *generation == id.generation => Some(pipe),
            _ => None,
        }
    }

    /// Asks for what is known of a pipe that will be written soon, and for the memory of another that will be written
    /// sooner.
    #[inline]
    pub fn prefetch(&self, soon: Option<PipeId>, sooner: Option<PipeId>) {
        if let Some(entry) = soon.and_then(|id| self.entries.get(id.index as usize)) {
            for line in 0..size_of::<Entry>() / 64 + 1 {
                prefetch((&raw const *entry).cast::<u8>().wrapping_add(line * 64));
            }
        }
        if let Some(Entry { pipe: Some((pipe, _)), .. }) = sooner.and_then(|id| self.entries.get(id.index as usize)) {
            pipe.prefetch();
        }
    }

    /// The tag a pipe was inserted with.
    pub fn tag(&self, id: PipeId) -> Option<u64> {
        let entry = self.entries.get(id.index as usize).filter(|e| e.generation == id.generation)?;
        entry.pipe.as_ref().map(|(_, tag)| *tag)
    }

    /// Every pipe's id.
    pub fn ids(&self) -> impl Iterator<Item = PipeId> + '_ {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.pipe.is_some())
            .map(|(index, e)| PipeId { index: index as u32, generation: e.generation })
    }

    /// How many pipes there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Whether a message can be written to the pipe.
    #[inline]
    pub fn check_write(&mut self, id: PipeId) -> bool {
        self.get(id).is_some_and(PipeEnd::check_write)
    }

    /// Writes a part; see [`PipeEnd::write`].
    ///
    /// # Errors
    /// Gives the message back if the pipe is full, closed or gone.
    #[inline]
    pub fn write(&mut self, id: PipeId, msg: Msg) -> Result<(), Msg> {
        match self.get(id) {
            Some(pipe) => pipe.write(msg),
            None => Err(msg),
        }
    }

    /// Makes what was written visible.
    #[inline]
    pub fn flush(&mut self, id: PipeId) {
        if let Some(pipe) = self.get(id) {
            pipe.flush();
        }
    }

    /// Whether a message can be read. A pipe found at its end is handed to the socket.
    #[inline]
    pub fn check_read(&mut self, id: PipeId) -> bool {
        let Some(pipe) = self.get(id) else {
            return false;
        };
        if pipe.check_read() {
            return true;
        }
        if pipe.is_ended() {
            self.close(id);
        }
        false
    }

    /// Takes the next part. A pipe found at its end is handed to the socket.
    #[inline]
    pub fn read(&mut self, id: PipeId) -> Option<Msg> {
        let pipe = self.get(id)?;
        let msg = pipe.read();
        if msg.is_some() {
            self.last_read = Some(id);
        } else if pipe.is_ended() {
            self.close(id);
        }
        msg
    }

    /// The same, into `msg`, whose old content is dropped. False if there is none; `msg` is as it was then.
    #[inline]
    pub fn read_into(&mut self, id: PipeId, msg: &mut Msg) -> bool {
        let Some(pipe) = self.get(id) else { return false };
        if pipe.read_into(msg) {
            self.last_read = Some(id);
            return true;
        }
        if pipe.is_ended() {
            self.close(id);
        }
        false
    }

    /// Properties of the connection that the pipe's last part came over.
    pub fn metadata(&mut self, id: PipeId) -> Option<Arc<Metadata>> {
        self.get(id)?.metadata().cloned()
    }

    /// The pipe that a part was last read from.
    pub fn last_read(&self) -> Option<PipeId> {
        self.last_read
    }

    /// Says which pipe a part came from that was read earlier than it is handed out.
    pub fn set_last_read(&mut self, id: Option<PipeId>) {
        self.last_read = id;
    }

    /// Asks the socket to close the pipe and take it out; the pattern is told by `terminated`.
    #[cold]
    pub fn close(&mut self, id: PipeId) {
        if !self.done.contains(&id) {
            self.done.push(id);
        }
    }

    /// Whether pipes wait to be taken out.
    #[inline]
    pub fn has_done(&self) -> bool {
        !self.done.is_empty()
    }

    /// The next pipe to be taken out.
    pub fn pop_done(&mut self) -> Option<PipeId> {
        self.done.pop()
    }
}
