"""The rows of the comparison: name, program, arguments, and how long one run may take."""

SIZES = [1, 32, 256, 1024, 8192, 65536, 1048576]
FLOORS = ["tcp-pingpong", "unix-pingpong", "eventfd-pingpong", "tcp-stream", "unix-stream",
          "memcpy-64", "memcpy-8192", "memcpy-1048576"]


class Row:
    """One program run. `floor` rows use no library and run once a round."""

    def __init__(self, name, *args, timeout=30, floor=False):
        self.name = name
        self.program = args[0]
        self.args = [str(a) for a in args[1:]]
        self.timeout = timeout
        self.floor = floor


def rows(short):
    """All rows; `short` shortens each measurement and leaves the largest populations out."""
    t = 0.25 if short else 0.8
    out = [Row("floor:" + k, "floor", k, t, floor=True) for k in FLOORS]
    for transport in ("inproc", "ipc", "tcp"):
        out += [Row(f"throughput:{transport}:{s}", "throughput", transport, s, t) for s in SIZES]
    for transport in ("inproc", "ipc", "tcp"):
        out += [Row(f"roundtrip:{transport}:{how}", "roundtrip", transport, 8, how, t) for how in ("recv", "poll")]
    out += [Row(f"curve:tcp:{s}", "throughput", "curve", s, t) for s in (32, 1024, 8192)]
    out += [Row(f"fanout:{n}:{s}", "fanout", n, s, t) for n in (1, 10, 100, 1000) for s in (32, 1024)
            if not (short and n == 1000 and s > 32)]
    out += [Row(f"subscriptions:{n}", "subscriptions", n, t, timeout=60)
            for n in (1, 100, 10000, 100000, 1000000) if not (short and n > 100000)]
    out += [Row(f"connections:{n}", "connections", n, t, timeout=60) for n in (10, 100, 2000, 10000)
            if not (short and n > 2000)]
    out += [Row(f"churn:{transport}", "churn", transport, t * 2) for transport in ("ipc", "tcp")]
    out += [Row(f"handshake:{how}", "churn", how, t * 2) for how in ("plain", "curve")]
    out += [Row(f"poll:{n}", "poll", n, t) for n in (10, 100, 500, 1000)]
    out += [Row(f"create:{kind}", "create", kind, t) for kind in ("socket", "bound", "context", "context-socket")]
    out += [Row(f"proxy:tcp:{s}", "proxy", s, t) for s in (32, 1024)]
    out += [Row("router:1000", "router", 1000, 32, t)]
    return out


def select(all_rows, filters):
    """Keeps the rows whose name starts with one of the filters (all without filters)."""
    def wanted(row):
        return not filters or any(row.name == f or row.name.startswith(f.rstrip(":") + ":") for f in filters)
    return [r for r in all_rows if wanted(r)]
