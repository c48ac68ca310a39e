//! How often to try what does not always pay: what was in vain is done without for twice as many times as the time before,
//! and what paid is done each time. Each owner's own.

/// Most times without in between.
pub const MOST_SKIPPED: u32 = 1024;

/// What came of it lately.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restraint {
    /// Times to come without.
    skip: u32,
    /// How many were skipped the last time.
    skipped: u32,
}

impl Restraint {
    /// Nothing is known: it is tried.
    pub const fn new() -> Restraint {
        Restraint { skip: 0, skipped: 0 }
    }

    /// Whether it is worth trying this time.
    #[inline]
    pub fn allows(&mut self) -> bool {
        let allowed = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        allowed
    }

    /// Whether it paid.
    pub fn learn(&mut self, paid: bool) {
        self.skipped = if paid { 0 } else { (self.skipped * 2).clamp(1, MOST_SKIPPED) };
        self.skip = self.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pay_becomes_rare_and_what_pays_usual() {
        let mut restraint = Restraint::default();
        let mut tried = 0;
        for _ in 0..1023 + 11 {
            if restraint.allows() {
                tried += 1;
                restraint.learn(false);
            }
        }
        assert_eq!((tried, restraint.skip), (11, MOST_SKIPPED));
        restraint.learn(false);
        assert_eq!(restraint.skip, MOST_SKIPPED);
        restraint.learn(true);
        assert!(restraint.allows() && restraint.allows());
        restraint.learn(false);
        assert!(!restraint.allows() && restraint.allows());
    }
}
