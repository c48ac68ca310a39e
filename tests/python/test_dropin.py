"""The common uses of pyzmq, as scripts have them: run by `run` over each library."""

import asyncio
import threading

import pytest
import zmq
import zmq.asyncio
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import recv_monitor_message

PATIENCE_MS = 10000


@pytest.fixture
def ctx():
    context = zmq.Context()
    context.setsockopt(zmq.LINGER, 0)
    context.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
    context.setsockopt(zmq.SNDTIMEO, PATIENCE_MS)
    yield context
    context.destroy(linger=0)


@pytest.fixture(params=["tcp", "ipc", "inproc"])
def address(request, tmp_path):
    return {"tcp": "tcp://127.0.0.1:*", "ipc": f"ipc://{tmp_path}/s", "inproc": f"inproc://{request.node.name}"}[request.param]


def bound(ctx, kind, address):
    s = ctx.socket(kind)
    s.bind(address)
    return s, s.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")


def connected(ctx, kind, endpoint):
    s = ctx.socket(kind)
    s.connect(endpoint)
    return s


def test_version_is_4_3_or_later():
    assert zmq.zmq_version_info() >= (4, 3, 4)


def test_request_reply(ctx, address):
    rep, endpoint = bound(ctx, zmq.REP, address)
    req = connected(ctx, zmq.REQ, endpoint)
    for i in range(200):
        req.send_json({"n": i})
        assert rep.recv_json() == {"n": i}
        rep.send_multipart([b"%d" % i, b"", b"x" * i])
        assert req.recv_multipart() == [b"%d" % i, b"", b"x" * i]


def test_request_out_of_turn_is_refused(ctx):
    req = ctx.socket(zmq.REQ)
    with pytest.raises(zmq.ZMQError) as e:
        req.recv()
    assert e.value.errno == zmq.EFSM


def test_push_pull_without_copies(ctx, address):
    pull, endpoint = bound(ctx, zmq.PULL, address)
    push = connected(ctx, zmq.PUSH, endpoint)
    payload = bytes(range(256)) * 4096
    trackers = [push.send(payload, copy=False, track=True) for _ in range(5)]
    for _ in range(5):
        frame = pull.recv(copy=False)
        assert bytes(frame.buffer) == payload
        del frame
    for tracker in trackers:
        tracker.wait(timeout=PATIENCE_MS / 1000)


def test_publish_subscribe(ctx, address):
    pub, endpoint = bound(ctx, zmq.XPUB, address)
    sub = connected(ctx, zmq.SUB, endpoint)
    sub.subscribe("weather.")
    assert pub.recv() == b"\x01weather."
    pub.send_string("sport.result")
    pub.send_multipart([b"weather.rain", b"12"])
    assert sub.recv_multipart() == [b"weather.rain", b"12"]
    sub.unsubscribe("weather.")
    assert pub.recv() == b"\x00weather."
    pub.send_string("weather.sun")
    assert sub.poll(50) == 0


def test_router_dealer_identity(ctx, address):
    router, endpoint = bound(ctx, zmq.ROUTER, address)
    dealer = ctx.socket(zmq.DEALER)
    dealer.identity = b"worker-7"
    dealer.connect(endpoint)
    dealer.send(b"hello")
    assert router.recv_multipart() == [b"worker-7", b"hello"]
    router.send_multipart([b"worker-7", b"a", b"b"])
    assert dealer.recv_multipart() == [b"a", b"b"]
    router.setsockopt(zmq.ROUTER_MANDATORY, 1)
    with pytest.raises(zmq.ZMQError) as e:
        router.send_multipart([b"nobody", b"x"])
    assert e.value.errno == zmq.EHOSTUNREACH


def test_poller(ctx, address):
    pull, endpoint = bound(ctx, zmq.PULL, address)
    push = connected(ctx, zmq.PUSH, endpoint)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    poller.register(push, zmq.POLLOUT)
    assert dict(poller.poll(PATIENCE_MS)).get(push) == zmq.POLLOUT
    poller.unregister(push)
    assert poller.poll(10) == []
    push.send(b"x")
    assert dict(poller.poll(PATIENCE_MS)) == {pull: zmq.POLLIN}
    assert pull.recv(zmq.DONTWAIT) == b"x"
    with pytest.raises(zmq.Again):
        pull.recv(zmq.DONTWAIT)


def test_asyncio(address):
    async def talk():
        with zmq.asyncio.Context() as ctx:
            rep, req = ctx.socket(zmq.REP), ctx.socket(zmq.REQ)
            rep.linger = req.linger = 0
            rep.bind(address)
            req.connect(rep.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))

            async def answer():
                for _ in range(100):
                    await rep.send_multipart(await rep.recv_multipart())
            server = asyncio.ensure_future(answer())
            for i in range(100):
                await req.send_multipart([b"%d" % i, b"again"])
                assert await req.recv_multipart() == [b"%d" % i, b"again"]
            await server
            rep.close()
            req.close()
    asyncio.run(asyncio.wait_for(talk(), PATIENCE_MS / 1000))


def test_proxy(ctx):
    front, front_end = bound(ctx, zmq.ROUTER, "tcp://127.0.0.1:*")
    back, back_end = bound(ctx, zmq.DEALER, "tcp://127.0.0.1:*")
    for s in (front, back):
        s.rcvtimeo = s.sndtimeo = -1
    ended = []

    def forward():
        try:
            zmq.proxy(front, back)
        except zmq.ContextTerminated:
            ended.append(True)
        front.close()
        back.close()
    thread = threading.Thread(target=forward)
    thread.start()
    rep, req = connected(ctx, zmq.REP, back_end), connected(ctx, zmq.REQ, front_end)
    for i in range(100):
        req.send(b"%d" % i)
        rep.send(rep.recv() + b"!")
        assert req.recv() == b"%d!" % i
    req.close()
    rep.close()
    ctx.term()
    thread.join(PATIENCE_MS / 1000)
    assert ended == [True]


def test_monitor(ctx):
    server = ctx.socket(zmq.REP)
    client = ctx.socket(zmq.REQ)
    watch = client.get_monitor_socket()
    watch.rcvtimeo = PATIENCE_MS
    server.bind("tcp://127.0.0.1:*")
    client.connect(server.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))
    seen = []
    while zmq.EVENT_HANDSHAKE_SUCCEEDED not in seen:
        seen.append(recv_monitor_message(watch)["event"])
    assert zmq.EVENT_CONNECTED in seen
    server.close()
    while zmq.EVENT_DISCONNECTED not in seen:
        seen.append(recv_monitor_message(watch)["event"])
    client.disable_monitor()


def test_plain_authentication(ctx):
    auth = ThreadAuthenticator(ctx)
    auth.start()
    try:
        auth.configure_plain(domain="*", passwords={"anna": "secret"})
        server = ctx.socket(zmq.PULL)
        server.plain_server = True
        server.bind("tcp://127.0.0.1:*")
        endpoint = server.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        good, bad = ctx.socket(zmq.PUSH), ctx.socket(zmq.PUSH)
        good.plain_username, good.plain_password = b"anna", b"secret"
        bad.plain_username, bad.plain_password = b"anna", b"wrong"
        watch = bad.get_monitor_socket()
        watch.rcvtimeo = PATIENCE_MS
        bad.connect(endpoint)
        while recv_monitor_message(watch)["event"] != zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            pass
        bad.disable_monitor()
        good.connect(endpoint)
        good.send(b"let me in")
        assert server.recv() == b"let me in"
    finally:
        auth.stop()


@pytest.mark.skipif(not zmq.has("curve"), reason="the library has no CURVE")
def test_curve_authentication(ctx):
    server_public, server_secret = zmq.curve_keypair()
    client_public, client_secret = zmq.curve_keypair()
    assert zmq.curve_public(server_secret) == server_public
    auth = ThreadAuthenticator(ctx)
    auth.start()
    try:
        auth.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
        server, client = ctx.socket(zmq.REP), ctx.socket(zmq.REQ)
        server.curve_secretkey, server.curve_publickey, server.curve_server = server_secret, server_public, True
        client.curve_secretkey, client.curve_publickey, client.curve_serverkey = client_secret, client_public, server_public
        server.bind("tcp://127.0.0.1:*")
        client.connect(server.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))
        client.send(b"psst")
        assert server.recv() == b"psst"
        server.send(b"ok")
        assert client.recv() == b"ok"
    finally:
        auth.stop()


def test_terminating_a_context_ends_a_blocked_receive():
    context = zmq.Context()
    ready, ended = threading.Event(), []

    def block():
        s = context.socket(zmq.PULL)
        s.linger = 0
        ready.set()
        try:
            s.recv()
        except zmq.ContextTerminated:
            ended.append(True)
        s.close()
    thread = threading.Thread(target=block)
    thread.start()
    ready.wait()
    context.term()
    thread.join(PATIENCE_MS / 1000)
    assert ended == [True]
