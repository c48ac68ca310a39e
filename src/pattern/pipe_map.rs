//! A map from pipes to what a pattern knows of each, dense in the pipe's slot. The socket's thread.

use crate::pipe::PipeId;

/// Values by pipe; an id whose slot was taken over by another pipe finds nothing.
#[derive(Debug)]
pub(super) struct PipeMap<T> {
    slots: Vec<Option<(PipeId, T)>>,
}

/// The slot of a pipe in dense tables: live pipes never share one.
#[inline]
pub(super) fn slot(id: PipeId) -> usize {
    (id.to_bits() & u64::from(u32::MAX)) as usize
}

impl<T> Default for PipeMap<T> {
    fn default() -> PipeMap<T> {
        PipeMap { slots: Vec::new() }
    }
}

impl<T> PipeMap<T> {
    /// Adds or replaces a pipe's value.
    pub(super) fn insert(&mut self, id: PipeId, value: T) {
        let at = slot(id);
        if at >= self.slots.len() {
            self.slots.resize_with(at + 1, || None);
        }
        self.slots[at] = Some((id, value));
    }

    /// Takes a pipe's value out.
    pub(super) fn remove(&mut self, id: PipeId) -> Option<T> {
        let entry = self.slots.get_mut(slot(id))?;
        if !matches!(entry, Some((there, _)) if *there == id) {
            return None;
        }
        entry.take().map(|(_, value)| value)
    }

    #[inline]
    pub(super) fn get(&self, id: PipeId) -> Option<&T> {
        match self.slots.get(slot(id)) {
            Some(Some((there, value))) if *there == id => Some(value),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: PipeId) -> Option<&mut T> {
        match self.slots.get_mut(slot(id)) {
            Some(Some((there, value))) if *there == id => Some(value),
            _ => None,
        }
    }

    /// The pipe in a slot, with its value.
    #[inline]
    pub(super) fn at(&mut self, slot: usize) -> Option<(PipeId, &mut T)> {
        self.slots.get_mut(slot)?.as_mut().map(|(id, value)| (*id, value))
    }

    #[inline]
    pub(super) fn contains(&self, id: PipeId) -> bool {
        self.get(id).is_some()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (PipeId, &mut T)> {
        self.slots.iter_mut().flatten().map(|(id, value)| (*id, value))
    }
}
