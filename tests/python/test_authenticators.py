"""pyzmq's zmq.auth over the library: both authenticators, certificates, and the patterns named after what they protect
(grasslands, strawhouse, woodhouse, stonehouse, ironhouse)."""

import asyncio
import os

import pytest
import zmq
import zmq.asyncio
import zmq.auth
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import recv_monitor_message

PATIENCE_MS = 10000
ENDS = {zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
        zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL}
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="the library has no CURVE")


@pytest.fixture
def ctx():
    ctx = zmq.Context()
    yield ctx
    ctx.destroy(linger=0)


@pytest.fixture
def auth(ctx):
    auth = ThreadAuthenticator(ctx)
    auth.start()
    yield auth
    auth.stop()


@pytest.fixture
def keys(tmp_path):
    """Certificates of a server, a client and a stranger; the public ones of server and client are in a folder."""
    public = tmp_path / "public"
    public.mkdir()
    pairs = {}
    for name in ("server", "client", "stranger"):
        file, secret = zmq.auth.create_certificates(str(tmp_path), name)
        pairs[name] = zmq.auth.load_certificate(secret)
        assert zmq.auth.load_certificate(file) == (pairs[name][0], None)
        assert zmq.curve_public(pairs[name][1]) == pairs[name][0]
        if name != "stranger":
            os.rename(file, public / f"{name}.key")
    return str(public), pairs


def pair(ctx, domain=None):
    server, client = ctx.socket(zmq.DEALER), ctx.socket(zmq.DEALER)
    for s in (server, client):
        s.linger, s.rcvtimeo, s.sndtimeo = 0, PATIENCE_MS, PATIENCE_MS
    if domain:
        server.zap_domain = domain
    return server, client


def talks(server, client):
    """Whether a message gets through a fresh connection, and who the server takes the client for."""
    watch = client.get_monitor_socket(sum(ENDS))
    client.connect(f"tcp://127.0.0.1:{server.bind_to_random_port('tcp://127.0.0.1')}")
    assert watch.poll(PATIENCE_MS)
    end = recv_monitor_message(watch)["event"]
    client.disable_monitor()
    if end != zmq.EVENT_HANDSHAKE_SUCCEEDED:
        assert not server.poll(100)
        return None
    client.send(b"hello")
    frame = server.recv(copy=False)
    assert frame.bytes == b"hello"
    try:
        return frame["User-Id"]
    except zmq.ZMQError:
        return ""


def plain(ctx, name, password):
    server, client = pair(ctx)
    server.plain_server = True
    client.plain_username, client.plain_password = name, password
    return talks(server, client)


def curve(ctx, server_pair, client_pair, server_key=None):
    server, client = pair(ctx)
    server.curve_publickey, server.curve_secretkey = server_pair
    server.curve_server = True
    client.curve_publickey, client.curve_secretkey = client_pair
    client.curve_serverkey = server_key or server_pair[0]
    return talks(server, client)


def test_grasslands(ctx):
    assert talks(*pair(ctx)) == ""


def test_strawhouse(ctx, auth):
    assert talks(*pair(ctx, b"global")) is not None
    auth.deny("127.0.0.1")
    assert talks(*pair(ctx, b"global")) is None
    assert talks(*pair(ctx)) is not None  # without a domain nobody is asked


def test_allowed_addresses(ctx, auth):
    auth.allow("127.0.0.1")
    assert talks(*pair(ctx, b"global")) is not None


def test_addresses_that_are_not_ours(ctx, auth):
    auth.allow("127.0.0.2")
    assert talks(*pair(ctx, b"global")) is None


def test_woodhouse(ctx, auth):
    auth.configure_plain(domain="*", passwords={"admin": "secret", "anna": "other"})
    assert plain(ctx, b"admin", b"secret") == "admin"
    assert plain(ctx, b"anna", b"other") == "anna"
    assert plain(ctx, b"admin", b"other") is None
    assert plain(ctx, b"nobody", b"secret") is None


def test_plain_without_an_authenticator(ctx):
    assert plain(ctx, b"admin", b"secret") is None


@needs_curve
def test_stonehouse(ctx, auth, keys):
    _, pairs = keys
    auth.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
    assert curve(ctx, pairs["server"], pairs["client"]) is not None
    assert curve(ctx, pairs["server"], pairs["stranger"]) is not None
    assert curve(ctx, pairs["server"], pairs["client"], server_key=pairs["stranger"][0]) is None


@needs_curve
def test_ironhouse(ctx, auth, keys):
    folder, pairs = keys
    auth.configure_curve(domain="*", location=folder)
    assert curve(ctx, pairs["server"], pairs["client"]) == pairs["client"][0].decode()
    assert curve(ctx, pairs["server"], pairs["stranger"]) is None


@needs_curve
def test_ironhouse_with_a_callback(ctx, auth, keys):
    _, pairs = keys
    asked = []

    class Provider:
        def callback(self, domain, key):
            asked.append((domain, key))
            return key == zmq.utils.z85.decode(pairs["client"][0]) or key == pairs["client"][0]

    auth.configure_curve_callback(domain="*", credentials_provider=Provider())
    assert curve(ctx, pairs["server"], pairs["client"]) is not None
    assert curve(ctx, pairs["server"], pairs["stranger"]) is None
    assert len(asked) == 2


@needs_curve
def test_without_an_authenticator_any_client_may_in(ctx, keys):
    _, pairs = keys
    assert curve(ctx, pairs["server"], pairs["stranger"]) is not None


def test_authenticator_started_and_stopped(ctx):
    for _ in range(3):
        auth = ThreadAuthenticator(ctx)
        auth.start()
        auth.configure_plain(domain="*", passwords={"a": "b"})
        assert plain(ctx, b"a", b"b") == "a"
        auth.stop()
        assert not auth.is_alive()


def test_asyncio_authenticator(keys):
    folder, pairs = keys

    async def meet(ctx, prepare):
        server, client = ctx.socket(zmq.DEALER), ctx.socket(zmq.DEALER)
        server.linger = client.linger = 0
        prepare(server, client)
        watch = client.get_monitor_socket(sum(ENDS))
        client.connect(f"tcp://127.0.0.1:{server.bind_to_random_port('tcp://127.0.0.1')}")
        end = (await asyncio.wait_for(recv_monitor_message(watch), PATIENCE_MS / 1000))["event"]
        if end == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            await client.send(b"hello")
            assert await asyncio.wait_for(server.recv(), PATIENCE_MS / 1000) == b"hello"
        client.disable_monitor()
        return end == zmq.EVENT_HANDSHAKE_SUCCEEDED

    def with_password(password):
        def prepare(server, client):
            server.plain_server = True
            client.plain_username, client.plain_password = b"admin", password
        return prepare

    def with_key(name):
        def prepare(server, client):
            server.curve_publickey, server.curve_secretkey = pairs["server"]
            server.curve_server = True
            client.curve_publickey, client.curve_secretkey = pairs[name]
            client.curve_serverkey = pairs["server"][0]
        return prepare

    async def scene():
        ctx = zmq.asyncio.Context()
        auth = AsyncioAuthenticator(ctx)
        auth.start()
        try:
            auth.configure_plain(domain="*", passwords={"admin": "secret"})
            assert await meet(ctx, with_password(b"secret"))
            assert not await meet(ctx, with_password(b"wrong"))
            if zmq.has("curve"):
                auth.configure_curve(domain="*", location=folder)
                assert await meet(ctx, with_key("client"))
                assert not await meet(ctx, with_key("stranger"))
        finally:
            auth.stop()
            ctx.destroy(linger=0)

    asyncio.run(scene())
