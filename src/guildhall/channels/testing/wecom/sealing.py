"""Callback cryptography as WeChat's servers do it: AES-256-CBC with PKCS#7 to 32 bytes, the receiver's id
behind the text, SHA-1 over the sorted token, time, nonce and cipher text.

Written apart from the code it tests. Keys have 43 characters: base64 without its last `=`.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def key_bytes(aes_key: str) -> bytes:
    found = base64.b64decode(aes_key + "=")
    if len(aes_key) != 43 or len(found) != 32:
        raise ValueError("an EncodingAESKey has 43 characters")
    return found


def encrypt(aes_key: str, receiver: str, plain: str, salt: bytes | None = None) -> str:
    """`plain` for `receiver` (a corp id or app id), in base64."""
    key, body = key_bytes(aes_key), plain.encode()
    whole = (salt or os.urandom(16)) + struct.pack(">I", len(body)) + body + receiver.encode()
    pad = BLOCK - len(whole) % BLOCK
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(whole + bytes([pad]) * pad) + sealer.finalize()).decode()


def signature(token: str, timestamp: str, nonce: str, encrypted: str = "") -> str:
    """Of an encrypted callback; without `encrypted` the plain signature of an Official Account."""
    parts = sorted(part for part in (token, timestamp, nonce, encrypted) if part)
    return hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()


def envelope(receiver: str, encrypted: str, agent: str = "") -> bytes:
    inner = f"<AgentID><![CDATA[{agent}]]></AgentID>" if agent else ""
    return (
        f"<xml><ToUserName><![CDATA[{receiver}]]></ToUserName>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>{inner}</xml>"
    ).encode()


def query(token: str, timestamp: int, nonce: str, encrypted: str, **more: str) -> str:
    """The query string of a callback; `more` are further fields (echostr, openid)."""
    at = str(timestamp)
    fields = {"msg_signature": signature(token, at, nonce, encrypted), "timestamp": at, "nonce": nonce}
    return urlencode({**fields, **more})
