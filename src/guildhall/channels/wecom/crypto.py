"""The envelope of WeChat's callbacks: signed with SHA-1 over token, time, nonce and cipher text; encrypted
with AES-256-CBC under the EncodingAESKey; meant for one receiver.

Pure. The plain text is 16 bytes of chance, the length of the message in four bytes, the message, the id of
whoever it is for, and padding to 32 bytes. Whatever is wrong with an envelope, `Forged` is all that is said.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

KEY_LENGTH = 43
_BLOCK, _SALT, _LENGTH = 32, 16, 4
_CIPHER_BLOCK = 16


class Forged(Exception):
    """The envelope is not from who it says, not for us, or broken."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope: the cipher text in base64 and the signature that goes with it, in hex."""

    encrypted: str
    signature: str


@dataclass(frozen=True, slots=True)
class Crypto:
    """The crypto of one callback address. `receiver`: the corpid or appid every message must be meant for.

    Raises BadInput for a key that is not 43 letters and digits.
    """

    token: str
    encoding_key: str = field(repr=False)
    receiver: str
    _key: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", key_of(self.encoding_key))

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The signature of an envelope, 40 hex digits."""
        parts = sorted((self.token, timestamp, nonce, encrypted))
        return hashlib.sha1("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - Tencent's choice

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """The message of an envelope. Raises Forged. Says nothing of how old it is."""
        expected = self.sign(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise Forged
        return self._decrypted(encrypted)

    def seal(self, message: bytes, timestamp: str, nonce: str) -> Sealed:
        """An envelope around a message, as WeChat makes them."""
        whole = os.urandom(_SALT) + len(message).to_bytes(_LENGTH, "big") + message + self.receiver.encode()
        padding = _BLOCK - len(whole) % _BLOCK
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:_SALT])).encryptor()
        raw = encryptor.update(whole + bytes([padding]) * padding) + encryptor.finalize()
        encrypted = base64.b64encode(raw).decode()
        return Sealed(encrypted, self.sign(timestamp, nonce, encrypted))

    def _decrypted(self, encrypted: str) -> bytes:
        try:
            raw = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise Forged from None
        if not raw or len(raw) % _CIPHER_BLOCK:
            raise Forged
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:_SALT])).decryptor()
        whole = decryptor.update(raw) + decryptor.finalize()
        padding = whole[-1]
        if not 1 <= padding <= _BLOCK or whole[-padding:] != bytes([padding]) * padding:
            raise Forged
        whole = whole[:-padding]
        start = _SALT + _LENGTH
        end = start + int.from_bytes(whole[_SALT:start], "big")
        if len(whole) < start or end > len(whole):
            raise Forged
        if not hmac.compare_digest(whole[end:], self.receiver.encode()):
            raise Forged
        return whole[start:end]


def key_of(encoding_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. Raises BadInput."""
    try:
        # The last character carries four bits that mean nothing; WeChat's own samples have them set.
        key = base64.b64decode(f"{encoding_key}=") if _is_shaped(encoding_key) else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise BadInput(
            Text(
                "An EncodingAESKey has 43 letters and digits; copy it again.",
                "EncodingAESKey 应为 43 位字母和数字，请重新复制。",
            ),
            field="encoding_key",
        )
    return key


def _is_shaped(key: str) -> bool:
    plain = key.replace("+", "").replace("/", "")
    return len(key) == KEY_LENGTH and plain.isascii() and plain.isalnum()
