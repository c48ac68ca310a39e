//! What the tests of the interface share: the tables of the stable API, and the C compiler.
#![allow(dead_code, reason = "each test uses its own part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The package's directory.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of `tests/abi/<name>.tsv`.
pub(crate) fn table<const N: usize>(name: &str) -> Vec<[String; N]> {
    let path = root().join("tests/abi").join(name).with_extension("tsv");
    let text = std::fs::read_to_string(&path).unwrap();
    let row = |l: &str| l.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    text.lines().map(row).collect()
}

/// A directory of this test process.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs a command; its output if it succeeds, else a panic with it.
pub(crate) fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{stdout}{stderr}");
    stdout.into_owned()
}

/// The C or C++ compiler, strict, with `include` as the only place for zmq.h.
pub(crate) fn compiler(standard: &str, include: &Path) -> Command {
    let program = if standard.starts_with("c++") { "c++" } else { "cc" };
    let mut command = Command::new(program);
    command.arg(format!("-std={standard}")).args(["-pedantic", "-Wall", "-Wextra", "-Werror", "-I"]).arg(include);
    command
}

/// Writes a source file and returns its path.
pub(crate) fn source(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
