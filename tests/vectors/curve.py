#!/usr/bin/env python3
"""Writes curve.txt: a CURVE conversation byte for byte (RFC 26), computed with libsodium alone.

Every secret and every nonce that a side draws comes from a stream of its own: byte i of the client's is 7 i + 1, of the
server's 11 i + 5 (modulo 256). The client draws its short-term secret key, then the vouch's nonce; the server its
short-term secret key, the cookie's key, the cookie's nonce, WELCOME's nonce. The client is a DEALER with the routing id
"vector", the server a ROUTER without one; the long-term secret keys are 32 times 0x21 and 32 times 0x42. Each side then
sends two messages: "hello" with more to follow, and 1000 bytes that count up."""

import ctypes
import ctypes.util
import pathlib
import struct

sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))


def public(secret):
    out = ctypes.create_string_buffer(32)
    assert sodium.crypto_scalarmult_base(out, secret) == 0
    return out.raw


def box(content, nonce, public_key, secret_key):
    out = ctypes.create_string_buffer(len(content) + 16)
    assert len(nonce) == 24
    assert sodium.crypto_box_easy(out, content, ctypes.c_ulonglong(len(content)), nonce, public_key, secret_key) == 0
    return out.raw


def secretbox(content, nonce, key):
    out = ctypes.create_string_buffer(len(content) + 16)
    assert sodium.crypto_secretbox_easy(out, content, ctypes.c_ulonglong(len(content)), nonce, key) == 0
    return out.raw


class Stream:
    """What a side takes for random bytes."""

    def __init__(self, step, start):
        self.step, self.start, self.at = step, start, 0

    def draw(self, n):
        out = bytes((self.step * i + self.start) % 256 for i in range(self.at, self.at + n))
        self.at += n
        return out


def count(n):
    return struct.pack(">Q", n)


def command(name, data, flags=4):
    body = bytes([len(name)]) + name + data
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return bytes([flags | 2]) + struct.pack(">Q", len(body)) + body


def properties(*pairs):
    return b"".join(bytes([len(n)]) + n + struct.pack(">I", len(v)) + v for n, v in pairs)


client, server = Stream(7, 1), Stream(11, 5)
long_c, long_s = b"\x21" * 32, b"\x42" * 32
short_c = client.draw(32)
hello = command(b"HELLO", b"\1\0" + bytes(72) + public(short_c) + count(1)
                + box(bytes(64), b"CurveZMQHELLO---" + count(1), public(long_s), short_c))

short_s, cookie_key, cookie_nonce, nonce = server.draw(32), server.draw(32), server.draw(16), server.draw(16)
cookie = cookie_nonce + secretbox(public(short_c) + short_s, b"COOKIE--" + cookie_nonce, cookie_key)
welcome = command(b"WELCOME", nonce + box(public(short_s) + cookie, b"WELCOME-" + nonce, public(short_c), long_s))

vouch_nonce = client.draw(16)
vouch = box(public(short_c) + public(long_s), b"VOUCH---" + vouch_nonce, public(short_s), long_c)
metadata = properties((b"Socket-Type", b"DEALER"), (b"Identity", b"vector"))
initiate = command(b"INITIATE", cookie + count(2)
                   + box(public(long_c) + vouch_nonce + vouch + metadata, b"CurveZMQINITIATE" + count(2), public(short_s), short_c))

metadata = properties((b"Socket-Type", b"ROUTER"), (b"Identity", b""))
ready = command(b"READY", count(1) + box(metadata, b"CurveZMQREADY---" + count(1), public(short_c), short_s))


def messages(prefix, first, peer, own):
    out = b""
    for i, content in enumerate((b"\1hello", b"\0" + bytes(i % 256 for i in range(1000)))):
        out += command(b"MESSAGE", count(first + i) + box(content, prefix + count(first + i), peer, own), flags=0)
    return out


lines = {
    "hello": hello, "welcome": welcome, "initiate": initiate, "ready": ready,
    "client_messages": messages(b"CurveZMQMESSAGEC", 3, public(short_s), short_c),
    "server_messages": messages(b"CurveZMQMESSAGES", 2, public(short_c), short_s),
    "client_public": public(long_c), "server_public": public(long_s),
}
with open(pathlib.Path(__file__).with_suffix(".txt"), "w") as out:
    for name, data in lines.items():
        out.write(f"{name} {data.hex()}\n")
