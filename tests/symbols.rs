//! What the shared library shows to the dynamic linker: the functions of the stable API, and its name.

mod common;

use common::{run, table};
use std::path::PathBuf;
use std::process::Command;

/// The library that cargo built together with this test.
fn library() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("libzmq_rs.so");
    assert!(path.exists(), "{} is not there", path.display());
    path
}

#[test]
fn exports_the_stable_functions_and_nothing_else() {
    let symbols = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let mut exported: Vec<_> = symbols.lines().filter_map(|l| l.split(' ').nth(2)).collect();
    exported.sort_unstable();
    let functions = table::<3>("functions-stable");
    let expected: Vec<_> = functions.iter().map(|[name, ..]| name.as_str()).collect();
    let missing: Vec<_> = expected.iter().filter(|name| !exported.contains(name)).collect();
    let others: Vec<_> = exported.iter().filter(|name| !expected.contains(name)).collect();
    assert!(missing.is_empty() && others.is_empty(), "missing: {missing:?}\nnot in the table: {others:?}");
}

#[test]
fn is_named_by_its_interface() {
    let dynamic = run(Command::new("readelf").arg("-dW").arg(library()));
    let soname = dynamic.lines().find(|l| l.contains("SONAME")).unwrap_or_default();
    assert!(soname.contains("[libzmq_rs.so.5]"), "{soname}");
}

#[test]
fn needs_the_platform_only() {
    let dynamic = run(Command::new("readelf").arg("-dW").arg(library()));
    let needed = dynamic.lines().filter(|l| l.contains("(NEEDED)"));
    for line in needed {
        assert!(["[libc.so", "[libgcc_s.so", "[libm.so", "[ld-linux"].iter().any(|lib| line.contains(lib)), "{line}");
    }
}
