//! Waiting for a handful of descriptors without a queue. Any thread.

use super::{check, timespec};
use crate::errno::Result;
use std::time::Duration;

/// A descriptor and what to wait for; see poll(2).
pub use libc::pollfd as PollFd;

/// Waits until a descriptor is ready; returns how many are, 0 when the time has passed. `None` waits for ever. With
/// `mask`, the thread's blocked signals are `mask` during the wait.
///
/// # Errors
/// `EINTR` when a signal handler ran; `EINVAL` for more descriptors than the process may have, `ENOMEM`.
pub fn poll(fds: &mut [PollFd], timeout: Option<Duration>, mask: Option<&libc::sigset_t>) -> Result<usize> {
    let time = timeout.map(timespec);
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let mask = mask.map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(fds.len()).unwrap_or(libc::nfds_t::MAX);
    // SAFETY: the array has `count` entries; the time and the mask are null or outlive the call.
    let n = check(unsafe { libc::ppoll(fds.as_mut_ptr(), count, time, mask) })?;
    Ok(usize::try_from(n).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::wake::WakeFd;
    use std::os::fd::AsRawFd;

    #[test]
    fn times_out_then_reports() {
        let wake = WakeFd::new().unwrap();
        let mut fds = [PollFd { fd: wake.fd().as_raw_fd(), events: libc::POLLIN, revents: 0 }];
        assert_eq!(poll(&mut fds, Some(Duration::ZERO), None), Ok(0));
        wake.signal();
        assert_eq!(poll(&mut fds, None, None), Ok(1));
        assert_eq!(fds[0].revents, libc::POLLIN);
    }

    #[test]
    fn waits_the_time_out() {
        let start = std::time::Instant::now();
        assert_eq!(poll(&mut [], Some(Duration::from_millis(15)), None), Ok(0));
        assert!(start.elapsed() >= Duration::from_millis(15));
    }
}
