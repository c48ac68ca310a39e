//! Intervals between attempts to connect (ZMQ_RECONNECT_IVL, ZMQ_RECONNECT_IVL_MAX). Pure; randomness is an argument.

/// The next interval of one endpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    interval_ms: u32,
    max_ms: u32,
    current_ms: u32,
}

impl Backoff {
    /// From the options; an interval of 0 or less never reconnects.
    pub(super) fn new(reconnect_ivl: i32, reconnect_ivl_max: i32) -> Backoff {
        let interval_ms = u32::try_from(reconnect_ivl).unwrap_or(0);
        Backoff { interval_ms, max_ms: u32::try_from(reconnect_ivl_max).unwrap_or(0), current_ms: interval_ms }
    }

    /// How long to wait before the next attempt: doubling up to the maximum, or without one the interval plus a random
    /// part of it.
    pub(super) fn next_ms(&mut self, random: u32) -> Option<u32> {
        if self.interval_ms == 0 {
            return None;
        }
        if self.max_ms == 0 {
            return Some(self.interval_ms.saturating_add(random % self.interval_ms));
        }
        let wait = self.current_ms;
        if self.max_ms > self.interval_ms {
            self.current_ms = self.current_ms.saturating_mul(2).min(self.max_ms);
        }
        Some(wait)
    }

    /// To be called when a connection was made.
    pub(super) fn reset(&mut self) {
        self.current_ms = self.interval_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_maximum() {
        let mut b = Backoff::new(100, 500);
        let waits: Vec<_> = (0..5).map(|_| b.next_ms(77).unwrap()).collect();
        assert_eq!(waits, [100, 200, 400, 500, 500]);
        b.reset();
        assert_eq!(b.next_ms(0), Some(100));
    }

    #[test]
    fn adds_a_random_part_without_a_maximum() {
        let mut b = Backoff::new(100, 0);
        assert_eq!((b.next_ms(0), b.next_ms(99), b.next_ms(100)), (Some(100), Some(199), Some(100)));
        assert_eq!(Backoff::new(1, 0).next_ms(u32::MAX), Some(1));
    }

    #[test]
    fn zero_and_less_never_retry() {
        assert_eq!(Backoff::new(0, 100).next_ms(5), None);
        assert_eq!(Backoff::new(-1, 0).next_ms(5), None);
    }
}
