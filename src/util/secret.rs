//! Keys and passwords: wiped when they are dropped or replaced, and never part of a text. Any thread.

use std::fmt;
use std::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// A value that nobody else should learn.
#[derive(Clone, Default)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value over; the caller's copies, if there are any, remain the caller's.
    pub fn new(value: T) -> Secret<T> {
        Secret(value)
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Secret<T> {
        Secret(value)
    }
}

impl<T: Zeroize> Deref for Secret<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> DerefMut for Secret<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    /// Counts how often it was wiped.
    #[derive(Clone)]
    struct Witness(Rc<Cell<u32>>);

    impl Zeroize for Witness {
        fn zeroize(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn wiped_when_dropped_and_when_replaced() {
        let wiped = Rc::new(Cell::new(0));
        let mut secret = Secret::new(Witness(wiped.clone()));
        drop(secret.clone());
        assert_eq!(wiped.get(), 1);
        secret = Witness(wiped.clone()).into();
        assert_eq!(wiped.get(), 2);
        drop(secret);
        assert_eq!(wiped.get(), 3);
    }

    #[test]
    fn says_nothing() {
        let secret = Secret::new(*b"a key");
        assert_eq!((format!("{secret:?}"), secret[0]), ("(secret)".to_owned(), b'a'));
    }
}
