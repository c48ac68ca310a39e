"""Runs pytest over files with one library and returns what became of each test."""

import os
import pathlib
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def read_log(path):
    """({test: (outcome, reason)}, the test under way when the log ends or None). A later failure beats a pass."""
    outcomes, under_way = {}, None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        word, _, rest = line.partition(" ")
        name, _, reason = rest.partition("\t")
        if word == "start":
            under_way = name
            continue
        if outcomes.get(name, ("",))[0] != "fail":
            outcomes[name] = (word, reason)
    return outcomes, under_way if under_way not in outcomes else None


def run_file(path, env, scratch, limit, file_limit, python="/usr/bin/python3"):
    """{test: (outcome, reason)} of one file. A test that crashes or hangs beyond reach of the per-test limit is
    recorded as failed, and the rest of the file runs in a new process."""
    log = scratch / (path.stem + ".log")
    log.unlink(missing_ok=True)
    done, deselect = {}, []
    while True:
        command = [python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "outcome_log", "-W", "ignore",
                   "--timeout", str(limit), "--rootdir", str(path.parent), str(path)]
        for name in deselect:
            command += ["--deselect", name]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=scratch,
                                   env=dict(env, OUTCOME_LOG=str(log), PYTHONPATH=str(HERE)), start_new_session=True)
        try:
            status = process.wait(timeout=file_limit)
            why = f"the process died (status {status})"
        except subprocess.TimeoutExpired:
            status, why = None, f"hung, ended after {file_limit} s"
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        found, under_way = read_log(log)
        done.update(found)
        if status in (0, 1, 5):
            return done
        if under_way is None:
            done[f"{path.name} (whole file)"] = ("fail", why)
            return done
        done[under_way] = ("fail", why)
        with log.open("a", encoding="utf-8") as f:
            f.write(f"fail {under_way}\t{why}\n")
        deselect = list(done)
