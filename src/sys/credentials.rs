//! Users and groups. The caller's thread; the group lookup may block on the system's name service.

use std::ffi::CString;

/// The process at the other end of a Unix socket, when it connected or started to listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerCredentials {
    /// Process.
    pub pid: i32,
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
}

/// Whether the user database puts `uid` into one of `groups`.
pub fn user_in_groups(uid: u32, groups: &[u32]) -> bool {
    let Some((name, primary)) = user(uid) else {
        return false;
    };
    let mut all = vec![0 as libc::gid_t; 64];
    loop {
        let mut count = libc::c_int::try_from(all.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: the array has room for `count` entries; the name is a C string.
        let result = unsafe { libc::getgrouplist(name.as_ptr(), primary, all.as_mut_ptr(), &mut count) };
        let needed = usize::try_from(count).unwrap_or(0);
        if result >= 0 {
            all.truncate(needed);
            return all.iter().any(|gid| groups.contains(gid));
        }
        if needed <= all.len() {
            return false;
        }
        all.resize(needed, 0);
    }
}

/// A user's name and primary group.
fn user(uid: u32) -> Option<(CString, libc::gid_t)> {
    let mut buffer = vec![0 as libc::c_char; 1024];
    loop {
        // SAFETY: all-zero bytes are a valid passwd.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut found = std::ptr::null_mut();
        // SAFETY: every pointer is to a local variable; the buffer has the length given.
        let code = unsafe { libc::getpwuid_r(uid, &mut entry, buffer.as_mut_ptr(), buffer.len(), &mut found) };
        if code == libc::ERANGE && buffer.len() < 1 << 20 {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        if code != 0 || found.is_null() {
            return None;
        }
        // SAFETY: a found entry's name is a C string within the buffer.
        let name = unsafe { std::ffi::CStr::from_ptr(entry.pw_name) };
        return Some((name.to_owned(), entry.pw_gid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supplementary_groups_count() {
        // Whoever the system's own files put into a group beside the primary one.
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let users = read("/etc/passwd");
        for line in read("/etc/group").lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let [_, _, gid, members] = fields[..] else { continue };
            for member in members.split(',') {
                let entry = users.lines().find_map(|u| u.strip_prefix(member)?.strip_prefix(':'));
                let Some(uid) = entry.and_then(|e| e.split(':').nth(1)) else { continue };
                let (uid, gid) = (uid.parse().unwrap(), gid.parse().unwrap());
                assert!(user_in_groups(uid, &[gid]), "{member} in {gid}");
                assert!(!user_in_groups(uid, &[3_999_999_999]), "{member}");
            }
        }
    }

    #[test]
    fn root_is_in_its_own_group_only() {
        assert!(user_in_groups(0, &[12_345_678, 0]));
        assert!(!user_in_groups(0, &[12_345_678]));
        assert!(!user_in_groups(0, &[]));
        assert!(!user_in_groups(3_999_999_999, &[0]), "an unknown user is in no group");
    }
}
