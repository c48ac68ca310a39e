"""pytest plugin: writes one line per test as it ends to the file named by OUTCOME_LOG, so that what a crash or a hang
cuts short is known. Lines: "start ID", "pass|fail|skip ID reason"."""

import os

LOG = open(os.environ["OUTCOME_LOG"], "a", buffering=1, encoding="utf-8")


def pytest_collectreport(report):
    if report.failed:
        LOG.write(f"fail {report.nodeid or '(collection)'}\t{_reason(report)}\n")


def pytest_runtest_logstart(nodeid):
    LOG.write(f"start {nodeid}\n")


def pytest_runtest_logreport(report):
    """The call decides; a failing set-up or tear-down fails the test, a skip may come from either."""
    if report.failed:
        LOG.write(f"fail {report.nodeid}\t{_reason(report)}\n")
    elif report.skipped:
        LOG.write(f"skip {report.nodeid}\t{_reason(report)}\n")
    elif report.when == "call":
        LOG.write(f"pass {report.nodeid}\t\n")


def _reason(report):
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return " ".join(text.split())[:160]
