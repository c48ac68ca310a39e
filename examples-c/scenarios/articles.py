#!/usr/bin/env python3
"""Takes the Python programs out of the articles, and makes the smallest repair of those that no library could run.

    articles.py FOLDER OUT

FOLDER holds the articles as text; each program is written into OUT under its own name. One line is printed for each
repair. A repair replaces what is printed exactly as often as it says; if the text does not have it, this fails."""

import pathlib
import re
import sys

#  name: (how the program begins, how it ends); where several begin so, the number of the one meant
PROGRAMS = {
    "clone_server.py": ("# clone_server.py\n", "    server.run()\n"),
    "clone_client.py": ("# clone_client.py\n", "    client.run()\n"),
    "clone_protocol.py": ("# clone_protocol.py\n", "            'sequence': sequence\n        }\n```"),
    "service_registry.py": ("# service_registry.py\n", "    registry.run()\n"),
    "service_client.py": ("# service_client.py\n", "    client.unregister()\n"),
    "log_collector.py": ("# log_collector.py\n", "    collector.run()\n"),
    "distributed_logger.py": ("# distributed_logger.py\n", 'db="postgres")\n'),
    "echo_server.py": ("import zmq\ncontext = zmq.Context()\nsocket = context.socket(zmq.REP)\n", "    socket.send(msg)\n"),
    "echo_client.py": ("import zmq\ncontext = zmq.Context()\nsocket = context.socket(zmq.REQ)\n", "socket.recv()\n"),
    "football_pub.py": ("import zmq\nfrom random import choice\n", "    socket.send( msg )\n"),
    "football_sub.py": ("import zmq\n\n \ncontext = zmq.Context()\nsocket = context.socket(zmq.SUB)\n",
                        "    print socket.recv()\n"),
    "pair_bind.py": ("context = zmq.Context()\nsocket = context.socket(zmq.PAIR)\nsocket.bind",
                     '5555")\n'),
    "pair_connect.py": ("import zmq\ncontext = zmq.Context()\nsocket = context.socket(zmq.PAIR)\nsocket.connect",
                        '5555")\n'),
    "many_server.py": ("import sys\nimport zmq\n\nctx = zmq.asyncio.Context()\n\ndef run_server",
                       "    run_server(port, name)\n"),
    "many_client.py": ("import sys\nimport zmq\n\nctx = zmq.asyncio.Context()\n\ndef run_client",
                       "    run_client(*sys.argv[1:])\n"),
    "weather_pub.py": ("import sys\nimport random\nimport zmq\n\nctx = zmq.Context()\n", "    run_server(port)\n"),
    "weather_sub.py": ("import sys\nimport zmq\n\nctx = zmq.Context()\n\ndef run_client(port, zfilter)",
                       "    run_client(port, zip_filter)\n"),
    "task_sink.py": ("import sys\nimport time\nimport zmq\n\nctx = zmq.Context()\n\ndef run_server", "    run_server()\n"),
    "task_vent.py": ("import sys\nimport time\nimport random\nimport zmq\n", "    run_server()\n"),
    "task_work.py": ("import zmq\nimport sys\nimport time\n", "    run_worker(5557, 5556)\n"),
}

PRINT = (re.compile(r"^(\s*)print (.+)$", re.M), r"\1print(\2)")

#  name: [(what is wrong, printed, repaired, how often)]
REPAIRS = {
    "clone_server.py": [
        ("the end of the snapshot is sent before it, too",
         re.compile(r"        # Snapshot start\n.*?\n        \]\)\n", re.S), "", 1),
        ("a DEALER gets the empty frame and takes it for JSON", '            b"",\n', "", 2),
        ("the snapshot wraps each value once more than the updates do", "'value': value,\n                    'sequence'",
         "'value': value['value'],\n                    'sequence'", 1)],
    "service_registry.py": [
        ("json is not imported", "import zmq\n", "import zmq\nimport json\n", 1),
        ("a request of a DEALER has two frames", "frames[2]", "frames[1]", 1),
        ("a DEALER gets the empty frame and takes it for JSON", re.compile(r'^ +b"",\n', re.M), "", 3)],
    "service_client.py": [
        ("two threads share a socket: the one that sends heartbeats needs its own",
         """        while self.running:
            time.sleep(5)

            self.registry.send_json({""",
         """        registry = self.context.socket(zmq.DEALER)
        registry.connect(self.registry_address)
        while self.running:
            time.sleep(5)

            registry.send_json({""", 1)],
    "echo_server.py": [("Python 2", *PRINT, 1), ("Python 2: text is bytes", "socket.recv()", "socket.recv_string()", 1),
                       ("Python 2: text is bytes", "socket.send(msg)", "socket.send_string(msg)", 1)],
    "echo_client.py": [("Python 2", *PRINT, 1), ("Python 2: text is bytes", "socket.send(msg)", "socket.send_string(msg)", 1)],
    "football_pub.py": [("Python 2", *PRINT, 1),
                        ("Python 2: text is bytes", "socket.send( msg )", "socket.send_string( msg )", 1)],
    "football_sub.py": [("Python 2", *PRINT, 1), ("Python 2: text is bytes", "socket.recv()", "socket.recv_string()", 1),
                        ("Python 2: text is bytes", "setsockopt(", "setsockopt_string(", 2)],
    "pair_bind.py": [
        ("the import is in a block of its own", "context = zmq.Context()", "import zmq\ncontext = zmq.Context()", 1),
        ("nothing is sent", re.compile(r"\Z"), "socket.send_string('ping')\nprint(socket.recv_string())\n", 1)],
    "pair_connect.py": [
        ("nothing is sent", re.compile(r"\Z"), "print(socket.recv_string())\nsocket.send_string('pong')\n", 1)],
    "many_server.py": [
        ("zmq.asyncio is neither imported nor used as such", "zmq.asyncio.Context", "zmq.Context", 1),
        ("port and name are the arguments", re.compile(r"^    run_server\(port, name\)$", re.M),
         "    run_server(*sys.argv[1:3])", 1)],
    "many_client.py": [
        ("zmq.asyncio is neither imported nor used as such", "zmq.asyncio.Context", "zmq.Context", 1)],
    "weather_pub.py": [("a list is no port", "sys.argv[1:3]", "sys.argv[1]", 1)],
    "task_vent.py": [("fewer tasks, for the time of a check", "100_000", "1_000", 1)],
}


def extract(text, begin, end):
    start = text.find(begin)
    if start < 0:
        return None
    return text[start:text.index(end, start) + len(end)].removesuffix("```")


def repair(name, program):
    for why, printed, repaired, times in REPAIRS.get(name, ()):
        if isinstance(printed, str):
            printed, repaired = re.compile(re.escape(printed)), repaired.replace("\\", r"\\")
        program, found = printed.subn(repaired, program)
        if found != times:
            raise SystemExit(f"{name}: {printed.pattern!r} is there {found} times, not {times}")
        print(f"{name}: {why}")
    return program


def main():
    folder, out = map(pathlib.Path, sys.argv[1:3])
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
    absent = []
    for name, (begin, end) in PROGRAMS.items():
        program = next(filter(None, (extract(text, begin, end) for text in texts)), None)
        if program is None:
            absent.append(name)
        else:
            (out / name).write_text(repair(name, program), encoding="utf-8")
    if absent:
        raise SystemExit(f"not in the articles: {' '.join(absent)}")


main()
