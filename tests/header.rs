//! include/zmq.h against src/abi, the tables of the stable API, the language standards, and libzmq's own header.

mod common;

use common::{compiler, root, run, scratch, source, table};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn include() -> std::path::PathBuf {
    root().join("include")
}

#[test]
fn is_what_the_sources_say() {
    let generated = std::fs::read_to_string(Path::new(env!("OUT_DIR")).join("zmq.h")).unwrap();
    let checked_in = std::fs::read_to_string(include().join("zmq.h")).unwrap();
    assert!(generated == checked_in, "include/zmq.h differs from src/abi; run `make header` and commit it");
}

#[test]
fn compiles_without_a_warning_as_every_standard() {
    let dir = scratch("standards");
    let text = "#include <zmq.h>\n#include <zmq_utils.h>\n#include <zmq.h>\nint used(void) { return ZMQ_VERSION; }\n";
    let text = format!("extern int used(void);\n{text}");
    let c = source(&dir, "standards.c", &text);
    let cpp = source(&dir, "standards.cpp", &text.replace("(void)", "()"));
    for standard in ["c89", "gnu89", "c99", "c11", "c17", "c++98", "c++11", "c++14", "c++17", "c++20"] {
        let file = if standard.starts_with("c++") { &cpp } else { &c };
        run(compiler(standard, &include()).arg("-fsyntax-only").arg(file));
    }
}

#[test]
fn has_every_constant_and_no_other() {
    let mut text = String::from("#include <zmq.h>\n");
    let constants = table::<2>("constants-stable");
    let header = std::fs::read_to_string(include().join("zmq.h")).unwrap();
    let names = header.lines().filter_map(|line| line.strip_prefix("#define ")?.split([' ', '(']).next());
    let posix = |name: &str| header.contains(&format!("#ifndef {name}\n"));
    let known = |name: &str| constants.iter().any(|[n, _]| n == name) || posix(name);
    let others: Vec<_> = names.filter(|n| !known(n) && !["ZMQ_MAKE_VERSION", "ZMQ_EXPORT"].contains(n)).collect();
    assert!(others.is_empty(), "not in the table: {others:?}");
    for [name, value] in constants {
        text += &format!("#ifndef {name}\n#error {name} is missing\n#endif\n");
        if value.parse::<i64>().is_ok() {
            text += &format!("typedef char value_of_{name}[({name}) == ({value}) ? 1 : -1];\n");
        }
    }
    let file = source(&scratch("constants"), "constants.c", &text);
    run(compiler("c99", &include()).arg("-fsyntax-only").arg(file));
}

#[test]
fn has_every_function_and_no_other() {
    let header = std::fs::read_to_string(include().join("zmq.h")).unwrap();
    let functions = table::<3>("functions-stable");
    let names: Vec<_> = header
        .split("ZMQ_EXPORT")
        .filter_map(|declaration| declaration.split_once('(')?.0.split(['*', ' ', '\n']).next_back())
        .filter(|word| word.starts_with("zmq_"))
        .collect();
    let declared = |name: &str| names.contains(&name);
    let missing: Vec<_> = functions.iter().map(|[name, ..]| name).filter(|name| !declared(name)).collect();
    let mut text = String::from("#include <sys/uio.h>\n#include <zmq.h>\n");
    for [name, result, arguments] in functions.iter().filter(|[name, ..]| declared(name)) {
        text += &format!("extern {result} (*p_{name})({arguments});\n{result} (*p_{name})({arguments}) = &{name};\n");
    }
    let dir = scratch("functions");
    run(compiler("c99", &include()).arg("-fsyntax-only").arg(source(&dir, "functions.c", &text)));
    run(compiler("c++17", &include()).arg("-fsyntax-only").arg(source(&dir, "functions.cpp", &text)));
    let others: Vec<_> = names.iter().filter(|word| !functions.iter().any(|[name, ..]| name == *word)).collect();
    assert!(missing.is_empty() && others.is_empty(), "missing: {missing:?}\nnot in the table: {others:?}");
}

#[test]
fn has_the_layout_that_programs_were_compiled_with() {
    let text = r"
        #include <stddef.h>
        #include <zmq.h>
        #define CHECK(name, condition) typedef char check_##name[(condition) ? 1 : -1]
        struct after_a_byte { char c; zmq_msg_t msg; };
        CHECK(msg_size, sizeof(zmq_msg_t) == 64);
        CHECK(msg_alignment, offsetof(struct after_a_byte, msg) == sizeof(void *));
        CHECK(pollitem_size, sizeof(zmq_pollitem_t) == 16);
        CHECK(pollitem_socket, offsetof(zmq_pollitem_t, socket) == 0);
        CHECK(pollitem_fd, offsetof(zmq_pollitem_t, fd) == 8 && sizeof(zmq_fd_t) == sizeof(int));
        CHECK(pollitem_events, offsetof(zmq_pollitem_t, events) == 12 && sizeof(short) == 2);
        CHECK(pollitem_revents, offsetof(zmq_pollitem_t, revents) == 14);
        extern void free_it(void *data, void *hint);
        extern zmq_free_fn *p_free;
        zmq_free_fn *p_free = &free_it;
        extern void fire(int timer_id, void *arg);
        extern zmq_timer_fn *p_timer;
        zmq_timer_fn *p_timer = &fire;
        extern void work(void *arg);
        extern zmq_thread_fn *p_thread;
        zmq_thread_fn *p_thread = &work;
    ";
    let file = source(&scratch("layout"), "layout.c", text);
    run(compiler("c99", &include()).arg("-fsyntax-only").arg(file));
}

/// The macros with a value that a header adds, by what they evaluate to.
fn values(include: &Path, names: &[String]) -> BTreeMap<String, String> {
    let dir = scratch("values");
    let mut text = String::from("#include <stdio.h>\n#include <zmq.h>\nint main(void) {\n");
    for name in names {
        text += &format!("#ifdef {name}\nprintf(\"{name} %ld\\n\", (long) ({name}));\n#endif\n");
    }
    text += "return 0;\n}\n";
    let program = dir.join("values");
    run(Command::new("cc").arg("-I").arg(include).arg("-o").arg(&program).arg(source(&dir, "values.c", &text)));
    let pair = |line: &str| line.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    run(&mut Command::new(program)).lines().map(pair).collect()
}

#[test]
fn agrees_with_the_header_of_libzmq_if_that_is_installed() {
    let reference = Path::new("/usr/include");
    if !reference.join("zmq.h").exists() {
        println!("not compared: there is no /usr/include/zmq.h");
        return;
    }
    let file = source(&scratch("reference"), "reference.c", "#include <zmq.h>\n");
    let macros = run(Command::new("cc").args(["-dM", "-E", "-I"]).arg(reference).arg(file));
    let names: Vec<_> = macros
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .filter(|(name, value)| !name.contains('(') && !value.is_empty())
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.starts_with("ZMQ_") || ["EFSM", "ETERM", "ENOCOMPATPROTO", "EMTHREAD"].contains(&&**name))
        .filter(|name| name != "ZMQ_VERSION_PATCH" && name != "ZMQ_VERSION")
        .collect();
    assert!(names.len() > 100, "{names:?}");
    assert_eq!(values(&include(), &names), values(reference, &names));
}
