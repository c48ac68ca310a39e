//! What is special about Unix sockets: files, private directories, and who may connect. The binding thread.

use crate::endpoint::{IpcAddress, IpcName};
use crate::errno::{Errno, Result};
use crate::options::Options;
use crate::sys::credentials::{PeerCredentials, user_in_groups};
use crate::sys::sockaddr::{SockAddr, UnixName};
use crate::sys::{files, fork};

/// The kernel's form of an address.
pub(super) fn address(address: &IpcAddress) -> Result<SockAddr> {
    match address.name()? {
        IpcName::Path(path) => SockAddr::unix_path(path.as_bytes()),
        IpcName::Abstract(name) => SockAddr::unix_abstract(name.as_bytes()),
    }
}

/// A Unix address as an endpoint.
pub(super) fn endpoint_text(name: UnixName<'_>) -> String {
    match name {
        UnixName::Unnamed => "ipc://".to_owned(),
        UnixName::Abstract(name) => format!("ipc://@{}", String::from_utf8_lossy(name)),
        UnixName::Path(path) => format!("ipc://{}", String::from_utf8_lossy(path)),
    }
}

/// Makes way for a bind: whatever has the name, except a directory, is removed, a live listener's socket included. That
/// is libzmq's behaviour, on which restarts of servers depend.
pub(super) fn clear_the_way(address: &IpcAddress) {
    if let Ok(IpcName::Path(path)) = address.name() {
        // What cannot be removed makes the bind fail, with the right error.
        let _ = files::remove_file(path);
    }
}

/// A private directory with the socket of a wildcard bind, removed when closed.
#[derive(Debug)]
pub(super) struct PrivateDirectory {
    path: String,
    generation: u32,
}

impl PrivateDirectory {
    /// A new directory in that for temporary files.
    pub(super) fn new() -> Result<PrivateDirectory> {
        let generation = fork::generation();
        let parent = ["TMPDIR", "TEMPDIR", "TMP"].iter().filter_map(|name| std::env::var(name).ok());
        let parent = parent.chain(["/tmp".to_owned()]).find(|path| files::is_directory(path));
        let path = files::make_private_directory(parent.as_deref().unwrap_or("."))?;
        Ok(PrivateDirectory { path, generation })
    }

    /// The socket in the directory.
    pub(super) fn socket(&self) -> IpcAddress {
        IpcAddress::from_path(&format!("{}/socket", self.path))
    }

    /// Removes the socket and the directory, except in a forked child: they are the parent's.
    pub(super) fn remove(&mut self) -> Result<()> {
        let path = std::mem::take(&mut self.path);
        if path.is_empty() || self.generation != fork::generation() {
            return Ok(());
        }
        let socket = match files::remove_file(&format!("{path}/socket")) {
            // A bind that failed has not made it.
            Err(Errno::ENOENT) => Ok(()),
            other => other,
        };
        files::remove_directory(&path)?;
        socket
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        let _ = self.remove();
    }
}

/// Whether the filters let this process connect.
pub(super) fn admits(options: &Options, who: PeerCredentials) -> bool {
    let (pids, uids, gids) = (&options.ipc_filter_pid, &options.ipc_filter_uid, &options.ipc_filter_gid);
    if pids.is_empty() && uids.is_empty() && gids.is_empty() {
        return true;
    }
    u32::try_from(who.pid).is_ok_and(|pid| pids.contains(&pid))
        || uids.contains(&who.uid)
        || gids.contains(&who.gid)
        || (!gids.is_empty() && user_in_groups(who.uid, gids))
}
