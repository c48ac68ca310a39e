//! Starting background threads that signals never reach. The caller's thread, then the new one.

use crate::errno::Result;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::thread::JoinHandle;

/// Whether another thread can run while this one does. Found out once for the process.
#[inline]
pub fn several_processors() -> bool {
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| std::thread::available_parallelism().is_ok_and(|n| n.get() > 1))
}

/// No thread; see [`current`].
pub const NOBODY: usize = 0;

/// A number that the calling thread has and no other thread that is alive. A new thread may get that of one that ended.
/// A multiple of 8 wherever a thread's block begins with pointers of 8 bytes, or no such block is used.
#[inline]
pub fn current() -> usize {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        let own: usize;
        // SAFETY: the platform's ABI keeps the address of the thread's own block there (glibc and musl alike).
        unsafe { std::arch::asm!("mov {}, fs:[0]", out(reg) own, options(nostack, preserves_flags, readonly, pure)) };
        own
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    {
        #[repr(align(8))]
        struct Own(u8);
        thread_local! {
            static OWN: Own = const { Own(0) };
        }
        OWN.with(|own| std::ptr::from_ref(own).addr())
    }
}

/// How background threads run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Goes before the thread's name, with a slash; empty for none.
    pub name_prefix: String,
    /// Scheduling policy (`SCHED_*`); -1 keeps the creator's.
    pub policy: i32,
    /// Scheduling priority within the policy; -1 keeps the creator's.
    pub priority: i32,
    /// Processors to run on; empty for all.
    pub cpus: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { name_prefix: String::new(), policy: -1, priority: -1, cpus: Vec::new() }
    }
}

impl Settings {
    /// Whether the threads are to run in another way than their creator.
    pub fn is_special(&self) -> bool {
        self.policy >= 0 || self.priority >= 0 || !self.cpus.is_empty()
    }

    /// The name that a thread gets: the kernel keeps 15 bytes.
    fn thread_name(&self, name: &str) -> String {
        let mut full = match self.name_prefix.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        };
        full.retain(|c| c != '\0');
        let mut end = full.len().min(15);
        while !full.is_char_boundary(end) {
            end -= 1;
        }
        full.truncate(end);
        full
    }

    /// Applies policy, priority and processors to the calling thread. What the system refuses stays as it was: the
    /// thread then works all the same.
    fn apply(&self) {
        self.apply_schedule();
        if !self.cpus.is_empty() {
            // SAFETY: all-zero bytes are the empty set.
            let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
            for &cpu in self.cpus.iter().filter(|&&cpu| cpu < libc::CPU_SETSIZE as usize) {
                // SAFETY: the number is within the set.
                unsafe { libc::CPU_SET(cpu, &mut set) };
            }
            // SAFETY: the set is a local variable of that size; 0 is the calling thread.
            unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) };
        }
    }

    fn apply_schedule(&self) {
        if self.policy < 0 && self.priority < 0 {
            return;
        }
        let mut policy = self.policy;
        // SAFETY: all-zero bytes are a valid sched_param.
        let mut param: libc::sched_param = unsafe { std::mem::zeroed() };
        // SAFETY: no pointer is passed.
        let this = unsafe { libc::pthread_self() };
        if policy >= 0 {
            // SAFETY: no pointer is passed.
            param.sched_priority = unsafe { libc::sched_get_priority_min(policy) }.max(0);
            // SAFETY: the parameters are a local variable.
            unsafe { libc::pthread_setschedparam(this, policy, &param) };
        }
        // SAFETY: both results are local variables.
        if self.priority >= 0 && unsafe { libc::pthread_getschedparam(this, &mut policy, &mut param) } == 0 {
            param.sched_priority = self.priority;
            // SAFETY: the parameters are a local variable.
            unsafe { libc::pthread_setschedparam(this, policy, &param) };
        }
    }
}

/// Starts a thread called `name`, behind the prefix, with all signals blocked.
///
/// # Errors
/// `EAGAIN` when the system has no room for another thread.
pub fn spawn<T, F>(name: &str, settings: &Settings, body: F) -> Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let settings = settings.clone();
    let builder = std::thread::Builder::new().name(settings.thread_name(name));
    // The mask is inherited: blocked here, no signal can find the new thread open even for a moment.
    let _blocked = SignalsBlocked::new();
    let handle = builder.spawn(move || {
        settings.apply();
        body()
    })?;
    Ok(handle)
}

/// All signals are blocked in this thread until the value is dropped.
struct SignalsBlocked {
    old: Option<libc::sigset_t>,
}

impl SignalsBlocked {
    fn new() -> SignalsBlocked {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut old = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is written in full.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        // SAFETY: both sets are local variables, the first was filled.
        let result = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), old.as_mut_ptr()) };
        // SAFETY: on success the old set was written.
        SignalsBlocked { old: (result == 0).then(|| unsafe { old.assume_init() }) }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        if let Some(old) = &self.old {
            // SAFETY: the set came from the same call.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, old, std::ptr::null_mut()) };
        }
    }
}

/// How many processors this process may use, at least one.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> String {
        std::fs::read_to_string("/proc/thread-self/comm").unwrap().trim_end().to_owned()
    }

    fn blocked(signal: libc::c_int) -> bool {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: without a new set the current one is only read.
        assert_eq!(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), set.as_mut_ptr()) }, 0);
        // SAFETY: the set was written by the call above.
        unsafe { libc::sigismember(set.as_ptr(), signal) == 1 }
    }

    #[test]
    fn names_are_cut_at_fifteen_bytes() {
        let settings = Settings { name_prefix: "sixteen-bytes-xx".to_owned(), ..Settings::default() };
        assert_eq!(settings.thread_name("ZMQbg/IO/0"), "sixteen-bytes-x");
        assert_eq!(Settings::default().thread_name("ZMQbg/IO/0"), "ZMQbg/IO/0");
        let settings = Settings { name_prefix: "äöüäöüäö".to_owned(), ..Settings::default() };
        assert_eq!(settings.thread_name("x"), "äöüäöüä");
        let settings = Settings { name_prefix: "a\0b".to_owned(), ..Settings::default() };
        assert_eq!(spawn("x", &settings, name).unwrap().join().unwrap(), "ab/x");
    }

    #[test]
    fn signals_are_blocked_there_and_not_here() {
        assert!(!blocked(libc::SIGUSR2));
        assert!(spawn("s", &Settings::default(), || blocked(libc::SIGUSR2)).unwrap().join().unwrap());
        assert!(!blocked(libc::SIGUSR2));
    }

    #[test]
    fn runs_on_the_given_processors() {
        let settings = Settings { cpus: vec![0, 100_000], ..Settings::default() };
        let allowed = spawn("a", &settings, cpus).unwrap().join().unwrap();
        assert_eq!(allowed, 1);
    }

    #[test]
    fn policy_and_priority_apply() {
        let current = || {
            // SAFETY: all-zero bytes are a valid sched_param.
            let mut param: libc::sched_param = unsafe { std::mem::zeroed() };
            let mut policy = 0;
            // SAFETY: no pointer is passed.
            let this = unsafe { libc::pthread_self() };
            // SAFETY: both results are local variables.
            assert_eq!(unsafe { libc::pthread_getschedparam(this, &mut policy, &mut param) }, 0);
            (policy, param.sched_priority)
        };
        let batch = Settings { policy: libc::SCHED_BATCH, ..Settings::default() };
        assert_eq!(spawn("b", &batch, current).unwrap().join().unwrap(), (libc::SCHED_BATCH, 0));
        let absurd = Settings { policy: 12_345, priority: 99, ..Settings::default() };
        assert_eq!(spawn("c", &absurd, current).unwrap().join().unwrap(), current());
    }
}
