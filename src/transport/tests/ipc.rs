//! ipc: files, directories and names.

use super::*;
use std::fs;
use std::path::Path;

fn path_of(listener: &Listener) -> &str {
    listener.local_endpoint().strip_prefix("ipc://").unwrap()
}

#[test]
fn a_named_file_stays() {
    let path = unique_path("named");
    let text = format!("ipc://{path}");
    let listener = bind(&text, &options()).unwrap();
    assert_eq!(listener.local_endpoint(), text);
    let (client, server) = pair(&listener, &options());
    assert_eq!(server.local_endpoint(), text);
    assert_eq!(client.remote_endpoint(), text);
    assert_eq!(client.local_endpoint(), "ipc://");
    listener.close().unwrap();
    assert!(Path::new(&path).exists());
    assert_eq!(connect(&text, &options()).map(drop), Err(Errno::ECONNREFUSED));
    fs::remove_file(path).unwrap();
    assert_eq!(connect(&text, &options()).map(drop), Err(Errno::ENOENT));
}

#[test]
fn connecting_is_never_in_progress() {
    let listener = bind("ipc://*", &options()).unwrap();
    let address = address(listener.local_endpoint(), &options()).unwrap();
    assert!(!Connector::start(&address, &options()).unwrap().in_progress);
    let failure = Connector::start(&super::address("ipc:///nosuch/x", &options()).unwrap(), &options());
    let failure = failure.map(drop).unwrap_err();
    assert_eq!(failure.errno, Errno::ENOENT);
    assert!(failure.fd.is_some());
}

#[test]
fn a_wildcard_cleans_up() {
    let listener = bind("ipc://*", &options()).unwrap();
    let path = path_of(&listener).to_owned();
    let directory = Path::new(&path).parent().unwrap().to_owned();
    assert!(path.ends_with("/socket") && Path::new(&path).exists());
    assert_ne!(bind("ipc://*", &options()).unwrap().local_endpoint(), listener.local_endpoint());
    let (_client, _server) = pair(&listener, &options());
    listener.close().unwrap();
    assert!(!directory.exists());
}

#[test]
fn a_wildcard_that_cannot_clean_up_says_so() {
    let listener = bind("ipc://*", &options()).unwrap();
    let directory = Path::new(path_of(&listener)).parent().unwrap().to_owned();
    fs::write(directory.join("guest"), b"").unwrap();
    assert_eq!(listener.close(), Err(Errno(libc::ENOTEMPTY)));
    fs::remove_dir_all(directory).unwrap();

    let listener = bind("ipc://*", &options()).unwrap();
    fs::remove_dir_all(Path::new(path_of(&listener)).parent().unwrap()).unwrap();
    assert_eq!(listener.close(), Err(Errno::ENOENT));
}

#[test]
fn a_wildcard_goes_where_temporary_files_go() {
    if !alone("transport::tests::ipc::a_wildcard_goes_where_temporary_files_go") {
        return;
    }
    let set = |name, value: Option<&str>| match value {
        // SAFETY: this process has no other thread that looks at the environment.
        Some(value) => unsafe { std::env::set_var(name, value) },
        // SAFETY: this process has no other thread that looks at the environment.
        None => unsafe { std::env::remove_var(name) },
    };
    let base = unique_path("tmpdirs");
    let (first, second) = (format!("{base}/1"), format!("{base}/2"));
    fs::create_dir_all(&first).unwrap();
    fs::create_dir_all(&second).unwrap();
    let cases = [
        (Some(first.as_str()), Some(second.as_str()), format!("ipc://{first}/tmp")),
        (None, Some(second.as_str()), format!("ipc://{second}/tmp")),
        (Some("/nosuch"), Some(second.as_str()), format!("ipc://{second}/tmp")),
        (None, None, "ipc:///tmp/tmp".to_owned()),
    ];
    set("TEMPDIR", None);
    for (tmpdir, tmp, start) in cases {
        set("TMPDIR", tmpdir);
        set("TMP", tmp);
        let listener = bind("ipc://*", &options()).unwrap();
        assert!(listener.local_endpoint().starts_with(&start), "{listener:?}");
    }
    let long = format!("{base}/{}", "d".repeat(100));
    fs::create_dir_all(&long).unwrap();
    set("TMPDIR", Some(&long));
    assert_eq!(bind_errno("ipc://*", &options()), Errno::ENAMETOOLONG);
    assert_eq!(fs::read_dir(&long).unwrap().count(), 0, "a failed bind leaves nothing behind");
    fs::remove_dir_all(base).unwrap();
}

#[test]
fn a_forked_child_leaves_the_directory_alone() {
    let listener = bind("ipc://*", &options()).unwrap();
    let path = path_of(&listener).to_owned();
    // SAFETY: the child only drops a value and ends.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        drop(listener);
        // SAFETY: ends the child without running anything of the parent.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: the status is a local variable.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    assert!(Path::new(&path).exists());
}

#[test]
fn a_bind_takes_the_name_over() {
    let path = unique_path("taken");
    let text = format!("ipc://{path}");
    fs::write(&path, b"a regular file").unwrap();
    let first = bind(&text, &options()).unwrap();
    let second = bind(&text, &options()).unwrap();
    let _client = connect(&text, &options()).unwrap();
    assert!(accept(&second).is_ok());
    assert!(first.accept().unwrap().is_none());
    fs::remove_file(path).unwrap();
}

#[test]
fn names_that_cannot_be_bound() {
    let directory = unique_path("directory");
    fs::create_dir(&directory).unwrap();
    let cases = [
        (directory.clone(), Errno::EADDRINUSE),
        (format!("{directory}/no/x"), Errno::ENOENT),
        ("/dev/null/x".to_owned(), Errno(libc::ENOTDIR)),
        ("a".repeat(108), Errno::ENAMETOOLONG),
        (format!("@{}", "a".repeat(107)), Errno::ENAMETOOLONG),
        ("@".to_owned(), Errno::EINVAL),
    ];
    for (address, errno) in cases {
        let text = format!("ipc://{address}");
        let failure = bind(&text, &options()).map(drop).unwrap_err();
        assert_eq!(failure.errno, errno, "{address}");
        assert_eq!((&failure.closed_endpoint, &failure.address), (&text, &address));
        let opened = ![Errno::EINVAL, Errno::ENAMETOOLONG].contains(&errno);
        assert_eq!(failure.fd.is_some(), opened, "{address}");
    }
    fs::remove_dir(directory).unwrap();
}

#[test]
fn abstract_names() {
    let name = unique_path("abstract");
    let text = format!("ipc://@{name}");
    let listener = bind(&text, &options()).unwrap();
    assert_eq!(listener.local_endpoint(), text);
    assert_eq!(bind_errno(&text, &options()), Errno::EADDRINUSE);
    assert!(!Path::new(&format!("@{name}")).exists());
    let (client, _server) = pair(&listener, &options());
    assert_eq!(client.remote_endpoint(), text);
    listener.close().unwrap();
    bind(&text, &options()).unwrap();
}

#[test]
fn adopts_a_listening_socket() {
    let path = unique_path("adopted");
    let made = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let adopting = Options { use_fd: std::os::fd::IntoRawFd::into_raw_fd(made), ..options() };
    let listener = bind("ipc:///elsewhere", &adopting).unwrap();
    assert_eq!(path_of(&listener), path);
    let _both = pair(&listener, &options());
    listener.close().unwrap();
    assert!(Path::new(&path).exists());
    fs::remove_file(path).unwrap();
}

#[test]
fn the_peer_address_is_who_it_is() {
    let listener = bind("ipc://*", &options()).unwrap();
    let (client, server) = pair(&listener, &options());
    // SAFETY: no pointer is passed.
    let uid = unsafe { libc::geteuid() };
    // SAFETY: no pointer is passed.
    let gid = unsafe { libc::getegid() };
    let expected = format!("localhost:{uid}:{gid}:{}", std::process::id());
    assert_eq!(server.peer_address(), expected);
    assert_eq!(client.peer_address(), expected);
}
