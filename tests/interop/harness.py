"""Peer processes for the runner: started on a given library, spoken to by lines, always ended."""

import os
import queue
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "drop-in"))
import library  # noqa: E402

PATIENCE = 40


class Failure(Exception):
    """A case did not go as it should."""


class Skip(Exception):
    """A case does not apply to these libraries."""


class Peer:
    """One peer program; use as a context manager."""

    def __init__(self, binary, lib, role, kind, how, endpoint, profile="small", count=0, seed=1, peer_kind="PAIR", **env):
        self.name = f"{role} {kind} {how}"
        command = [str(binary), role, kind, how, endpoint, profile, str(count), str(seed), peer_kind]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, env=library.environment(lib, **env), start_new_session=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def expect(self, word, timeout=PATIENCE):
        """The rest of the next line that starts with `word`; other words are passed over, FAIL is not."""
        while True:
            try:
                line = self.lines.get(timeout=timeout)
            except queue.Empty:
                raise Failure(f"{self.name}: no {word} within {timeout} s") from None
            if line is None:
                raise Failure(f"{self.name}: ended (status {self.process.wait()}) before {word}")
            first, _, rest = line.partition(" ")
            if first == word:
                return rest
            if first not in ("ENDPOINT", "SYNCED", "FLOW", "NOTE", "EVENT", "OK"):
                raise Failure(f"{self.name}: {line}")

    def go(self):
        """Lets a waiting publisher start."""
        self.process.stdin.write("g")
        self.process.stdin.flush()

    def finish(self):
        """Closes stdin and waits for the peer's good end."""
        self.process.stdin.close()
        self.expect("OK")
        if self.process.wait(timeout=PATIENCE) != 0:
            raise Failure(f"{self.name}: exit status {self.process.returncode}")

    def kill(self):
        """Ends the process without notice (-9)."""
        self.process.kill()
        self.process.wait()

    def complaint(self):
        """What the peer said that nobody waited for, if it failed."""
        while not self.lines.empty():
            line = self.lines.get()
            if line and line.startswith("FAIL"):
                return f"{self.name}: {line}"
        return None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if self.process.poll() is None:
            self.kill()
        said = self.complaint()
        if kind is Failure and said:
            error.args = (f"{error.args[0]}; {said}",)
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except (OSError, ValueError):
                pass
