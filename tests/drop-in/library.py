"""Points a program at one build of libzmq.so.5 through LD_LIBRARY_PATH, and tells which one it got."""

import os
import pathlib
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
NAMES = ("libzmq.so.5", "libzmq_rs.so")


def folder(given, scratch):
    """A folder holding libzmq.so.5: `given` itself, or `scratch` with a link to the library `given` names or holds.
    None (the system's library) stays None."""
    if given is None:
        return None
    path = pathlib.Path(given).resolve()
    if path.is_dir():
        found = [path / n for n in NAMES if (path / n).exists()]
        if not found:
            raise SystemExit(f"{given}: no {' and no '.join(NAMES)}")
        if found[0].name == "libzmq.so.5":
            return path
        path = found[0]
    elif not path.exists():
        raise SystemExit(f"{given}: no such file")
    scratch.mkdir(parents=True, exist_ok=True)
    link = scratch / "libzmq.so.5"
    if not link.exists():
        link.symlink_to(path)
    return scratch


def environment(lib, **more):
    """The environment for a process that shall load the library in folder `lib` (None: the system's)."""
    env = dict(os.environ, **more)
    env.pop("LD_LIBRARY_PATH", None)
    if lib is not None:
        env["LD_LIBRARY_PATH"] = str(lib)
    return env


def ask(lib, scratch, *words):
    """The answer of which.c, a program linked to libzmq.so.5, with the library in folder `lib`."""
    program = scratch / "which"
    if not program.exists():
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu99", "-O1", "-o", str(program), str(HERE / "which.c"),
                        "-lzmq", "-ldl"], check=True)
    out = subprocess.run([str(program), *words], env=environment(lib), capture_output=True, text=True, timeout=20)
    if out.returncode != 0:
        raise SystemExit(f"cannot load the library in {lib}: {out.stderr.strip()}")
    return out.stdout.strip()


def has(lib, scratch, capability):
    """What zmq_has says of a capability."""
    return ask(lib, scratch, capability) == "yes"


def loaded(lib, scratch):
    """Path and version of the library that a program linked to libzmq.so.5 really gets."""
    what = ask(lib, scratch)
    if lib is not None and str(pathlib.Path(lib).resolve()) not in what:
        raise SystemExit(f"asked for the library in {lib}, but the program loaded {what}")
    return what


def kill_group(process):
    """Ends a process started in its own session, and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()
