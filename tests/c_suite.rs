//! The C suite covers every name of the interface and every errno of each function, and its README says so.

mod common;

use common::run;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn covers_every_name_and_every_errno() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut check = Command::new(root.join("c-tests/coverage"));
    check.arg("--check");
    for table in ["functions-stable", "constants-stable", "errnos-stable"] {
        check.arg(root.join(format!("tests/abi/{table}.tsv")));
    }
    run(&mut check);
}

#[test]
fn the_readme_has_the_table_of_what_is_covered() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("c-tests");
    let readme = fs::read_to_string(suite.join("README.md")).unwrap();
    let shown = readme.split("<!-- coverage -->\n").nth(1).and_then(|rest| rest.split("<!-- end -->").next());
    let made = run(&mut Command::new(suite.join("coverage")));
    assert!(shown == Some(made.as_str()), "the table is out of date; c-tests/coverage --readme writes it anew");
}
