//! Looking host names up without making anybody wait: the system may take many seconds. Any thread submits; background
//! threads ask.

use super::resolve::{Lookup, ResolvedAddr};
use crate::errno::{Errno, Result};
use crate::sys::thread;
use crate::util::background::Background;
use std::fmt;

/// A context's lookups. Costs nothing until one is needed.
pub struct Resolver {
    background: Background,
    ask: fn(&Lookup) -> Result<ResolvedAddr>,
}

impl Resolver {
    /// A resolver whose threads will run with these settings.
    pub fn new(settings: thread::Settings) -> Resolver {
        Resolver { background: Background::new("DNS", settings), ask: Lookup::run }
    }

    /// Looks a name up; `callback` gets the result on another thread: the address, or the error of [`super::resolve()`].
    /// When the resolver is dropped first, the callback may be dropped without a call.
    ///
    /// # Errors
    /// `EAGAIN` when no thread can be started; the callback is dropped then.
    pub fn submit(
        &self,
        lookup: Lookup,
        callback: impl FnOnce(Result<ResolvedAddr, Errno>) + Send + 'static,
    ) -> Result<()> {
        let ask = self.ask;
        self.background.submit(move || callback(ask(&lookup)))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn name(host: &str) -> Lookup {
        Lookup { host: host.to_owned(), port: 7, scope: 0, ipv6: false, source: None }
    }

    #[test]
    fn answers_on_another_thread() {
        let resolver = Resolver::new(thread::Settings { name_prefix: "me".to_owned(), ..thread::Settings::default() });
        let (send, receive) = mpsc::channel();
        let answer = move |result| {
            let comm = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            send.send((result, comm, std::thread::current().id())).unwrap();
        };
        resolver.submit(name("localhost"), answer).unwrap();
        let (result, comm, thread) = receive.recv().unwrap();
        let Ok(ResolvedAddr::Tcp { target, source: None }) = result else { panic!("{result:?}") };
        assert_eq!(target, "127.0.0.1:7".parse().unwrap());
        assert_eq!(comm.trim_end(), "me/ZMQbg/DNS/0");
        assert_ne!(thread, std::thread::current().id());
    }

    #[test]
    fn passes_errors_on() {
        let resolver = Resolver { ask: |_| Err(Errno::EAGAIN), ..Resolver::new(thread::Settings::default()) };
        let (send, receive) = mpsc::channel();
        resolver.submit(name("x"), move |result| send.send(result.map(drop)).unwrap()).unwrap();
        assert_eq!(receive.recv().unwrap(), Err(Errno::EAGAIN));
    }
}
