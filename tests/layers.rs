//! The walls: each module's `crate::` paths point down the map on the crate's page, `src/lib.rs`.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The map: rows `name name ... | L<n> | ...` between the lines of three backticks, top layer first. A module's rank is
/// its place in the list, counted from the bottom.
fn map(page: &str) -> BTreeMap<String, usize> {
    let block = page.split("//! ```text").nth(1).and_then(|rest| rest.split("//! ```").next()).expect("a map");
    let rows = block.lines().filter_map(|line| {
        let (names, rest) = line.trim_start_matches("//!").split_once('|')?;
        rest.trim_start().starts_with('L').then_some(names)
    });
    let names: Vec<_> = rows.flat_map(str::split_whitespace).collect();
    let count = names.len();
    names.into_iter().enumerate().map(|(i, name)| (name.to_owned(), count - i)).collect()
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Code without comments and texts.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n");
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// The top-level modules that code names: `crate::name` and `use crate::{name, ...}`.
fn names(code: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        text[..end].to_owned()
    };
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ if start && !c.is_whitespace() => {
                    found.insert(word(&group[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

/// Arrows of one file that do not point down.
fn wrong_arrows(map: &BTreeMap<String, usize>, from: &str, code: &str) -> Vec<String> {
    let rank = map[from];
    let wrong = |name: &String| name != from && map.get(name).is_none_or(|r| *r > rank);
    names(code).into_iter().filter(wrong).collect()
}

#[test]
fn every_arrow_points_down() {
    let src = common::root().join("src");
    let page = std::fs::read_to_string(src.join("lib.rs")).unwrap();
    let map = map(&page);
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in files.iter().filter(|f| **f != src.join("lib.rs")) {
        let path = file.strip_prefix(&src).unwrap();
        let first = path.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        assert!(map.contains_key(&module), "{} is in no row of the map in src/lib.rs", path.display());
        let code = code(&std::fs::read_to_string(file).unwrap());
        for target in wrong_arrows(&map, &module, &code) {
            wrong.push(format!("{} -> {target}", path.display()));
        }
        seen.insert(module);
    }
    let absent: Vec<_> = map.keys().filter(|name| !seen.contains(*name)).collect();
    assert!(wrong.is_empty(), "arrows that point up or out of the map:\n{}", wrong.join("\n"));
    assert!(absent.is_empty(), "in the map but not in src: {absent:?}");
}

#[test]
fn the_check_sees_an_arrow_that_points_up() {
    let map =
        map("//! ```text\n//! abi | L2 | x\n//! pipe queue | L1 | y\n//! continued\n//! util | L0 | z\n//! ```\n");
    assert_eq!(
        map.into_iter().collect::<Vec<_>>(),
        [("abi", 4), ("pipe", 3), ("queue", 2), ("util", 1)].map(|(n, r)| (n.into(), r))
    );
    let map = [("abi", 3), ("pipe", 2), ("util", 1)].map(|(n, r)| (n.to_owned(), r)).into_iter().collect();
    let sees = |text: &str| wrong_arrows(&map, "pipe", &code(text));
    assert!(sees("use crate::util::x; use crate::pipe::y; // crate::abi\nlet s = \"crate::abi\";").is_empty());
    assert_eq!(sees("fn f() { crate::abi::g() }"), ["abi"]);
    assert_eq!(sees("use crate::{util::{a, b}, abi::c,\n  gone};"), ["abi", "gone"]);
}
