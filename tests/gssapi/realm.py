"""A Kerberos realm of its own: its files in a folder that goes away, its server on a port of the loopback that was free."""

import os
import shutil
import socket
import subprocess
import time

REALM = "ZMQ.TEST"
SERVICE = "zmq/localhost"
PRINCIPALS = (SERVICE, "alice", "bob/localhost")
TOOLS = ("kdb5_util", "kadmin.local", "krb5kdc")

# The address of the ticket server, and who is whom, come from these files alone, never from DNS.
KRB5_CONF = """[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {realm}
"""
KDC_CONF = """[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  supported_enctypes = aes256-cts:normal
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
"""


def tool(name):
    """A program's path; Debian keeps these where only root's PATH looks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")


def lacking():
    """The programs that are not there."""
    return [name for name in TOOLS if tool(name) is None]


class Realm:
    """Use as a context manager. `environment` is what a process needs to belong to it."""

    def __init__(self, folder):
        self.folder = folder
        self.kdc = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        keys = f"FILE:{folder}/keytab"
        self.environment = {
            "KRB5_CONFIG": f"{folder}/krb5.conf", "KRB5_KDC_PROFILE": f"{folder}/kdc.conf",
            # libzmq wants to be able to accept and to initiate on either side, so both have all keys.
            "KRB5_KTNAME": keys, "KRB5_CLIENT_KTNAME": keys,
            # A cache for each user, as one process may be several.
            "KRB5CCNAME": f"DIR:{folder}/tickets", "KRB5RCACHEDIR": str(folder),
        }

    def _run(self, *command):
        done = subprocess.run([tool(command[0]), *command[1:]], env=dict(os.environ, **self.environment),
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise SystemExit(f"{command[0]}: {(done.stdout + done.stderr).strip()}")

    def __enter__(self):
        self.folder.mkdir()
        (self.folder / "tickets").mkdir(mode=0o700)
        for name, text in (("krb5.conf", KRB5_CONF), ("kdc.conf", KDC_CONF)):
            (self.folder / name).write_text(text.format(realm=REALM, port=self.port, folder=self.folder))
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "not secret")
        for principal in PRINCIPALS:
            self._run("kadmin.local", "-r", REALM, "-q", f"addprinc -randkey {principal}")
        self._run("kadmin.local", "-r", REALM, "-q", f"ktadd -k {self.folder}/keytab {' '.join(PRINCIPALS)}")
        if not (self.folder / "keytab").exists():
            raise SystemExit("kadmin.local made no keytab")
        self.start()
        return self

    def start(self):
        """Starts the ticket server, and waits until it listens."""
        log = open(self.folder / "kdc.out", "ab")
        self.kdc = subprocess.Popen([tool("krb5kdc"), "-n", "-P", f"{self.folder}/kdc.pid"], stdout=log, stderr=log,
                                    env=dict(os.environ, **self.environment), start_new_session=True)
        log.close()
        limit = time.time() + 20
        while time.time() < limit:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.kdc.poll() is not None:
                    break
                time.sleep(0.02)
        raise SystemExit("krb5kdc does not listen: " + (self.folder / "kdc.out").read_text())

    def stop(self):
        """Ends the ticket server."""
        if self.kdc is not None:
            self.kdc.terminate()
            try:
                self.kdc.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kdc.kill()
                self.kdc.wait()
            self.kdc = None

    def __exit__(self, *_):
        self.stop()
