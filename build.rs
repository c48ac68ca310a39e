//! Generates the C header from `src/abi` and names the shared library.
//!
//! The header goes to `OUT_DIR`, where a test compares it with the one that is checked in, `include/zmq.h`. That is only
//! rewritten when asked for: `make header`, which sets `ZMQ_RS_WRITE_HEADER`.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The order of the header; other files of `src/abi` follow.
const SOURCES: [&str; 13] = [
    "constants",
    "types",
    "errno",
    "context",
    "socket",
    "message",
    "transfer",
    "poll",
    "proxy",
    "monitor",
    "curve",
    "timers",
    "utils",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-changed=src/abi");
    println!("cargo::rerun-if-changed=include/zmq.h");
    println!("cargo::rerun-if-env-changed=ZMQ_RS_WRITE_HEADER");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libzmq_rs.so.5");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let generated = generate(&root);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("zmq.h"), &generated).expect("OUT_DIR is writable");
    let checked_in = root.join("include/zmq.h");
    if fs::read(&checked_in).ok().as_deref() == Some(&generated[..]) {
        return;
    }
    if env::var_os("ZMQ_RS_WRITE_HEADER").is_some() {
        fs::write(&checked_in, &generated).expect("include/zmq.h is writable");
    } else {
        println!("cargo::warning=include/zmq.h differs from src/abi; run `make header`");
    }
}

/// The text of zmq.h. The sources are read one by one: no `cargo metadata`, so no network.
fn generate(root: &Path) -> Vec<u8> {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
    let mut builder = cbindgen::Builder::new().with_config(config);
    let sources = root.join("src/abi");
    let mut files: Vec<_> = fs::read_dir(&sources).expect("src/abi is there").flatten().map(|f| f.path()).collect();
    files.sort_by_key(|file| {
        let place = SOURCES.iter().position(|name| file.file_stem().is_some_and(|stem| stem == *name));
        (place.unwrap_or(SOURCES.len()), file.clone())
    });
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        builder = builder.with_src(file);
    }
    let mut text = Vec::new();
    builder.generate().expect("src/abi can be parsed").write(&mut text);
    tidy(&String::from_utf8(text).expect("sources are UTF-8")).into_bytes()
}

/// Comments of one line on one line, constants without empty lines between them, no Markdown.
fn tidy(text: &str) -> String {
    let text = text.replace("_fn * ", "_fn *").replace('`', "");
    let lines: Vec<_> = text.lines().collect();
    let line = |i: usize| lines.get(i).copied().unwrap_or_default();
    let defines = |i: usize| line(i).starts_with("#define ");
    let mut tidied = String::new();
    let mut i = 0;
    while i < lines.len() {
        let comment = line(i).trim_start() == "/*" && line(i + 2).trim_start() == "*/";
        let between = i > 0 && line(i).is_empty() && (line(i + 1).is_empty() || defines(i - 1) && defines(i + 1));
        if comment {
            tidied += &format!("{} {} */\n", line(i), line(i + 1).trim());
            i += 2;
        } else if !between {
            tidied += line(i);
            tidied.push('\n');
        }
        i += 1;
    }
    tidied
}
