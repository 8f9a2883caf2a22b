"""The keys this house encrypts with: from GUILDHALL_SECRET_KEYS, or from keys.json (mode 0600) in the data
directory.

The newest key encrypts, every older one still decrypts. Needs no Django, because Django's own SECRET_KEY is
derived here before any app is loaded. What is encrypted and when keys change is for `secrets`.
"""

import base64
import fcntl
import json
import os
import secrets as random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import settings
from guildhall.core.text import Text

FILE_NAME = "keys.json"
_NONCE_BYTES = 12


class KeyMissing(GuildhallError):
    """Something was encrypted with a key that is not in the ring any more."""

    code = "key_missing"
    status = 503

    def __init__(self, key_id: str) -> None:
        super().__init__(
            Text(
                f"The key {key_id} is missing: restore keys.json (or GUILDHALL_SECRET_KEYS) from the backup.",
                f"缺少密钥 {key_id}：请从备份恢复 keys.json（或 GUILDHALL_SECRET_KEYS）。",
            )
        )


class Damaged(GuildhallError):
    """A ciphertext was changed, cut or moved to another name."""

    code = "damaged"
    status = 503


@dataclass(frozen=True, slots=True)
class Key:
    """One master key of 32 bytes. `retired_at`: when nothing was encrypted with it any more."""

    id: str
    material: bytes = field(repr=False)
    retired_at: datetime | None = None

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose; purposes tell nothing about each other or about the key."""
        return _derived(self.material, purpose)


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys, newest first; never empty."""

    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        return self.keys[0]

    def encrypt(self, value: str, bound_to: str) -> bytes:
        """AES-256-GCM under the newest key; opens only for the same `bound_to` (the name of the place)."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(self.newest.derive("secrets"))
        return nonce + cipher.encrypt(nonce, value.encode(), bound_to.encode())

    def decrypt(self, ciphertext: bytes, key_id: str, bound_to: str) -> str:
        """Raises KeyMissing or Damaged."""
        key = next((key for key in self.keys if key.id == key_id), None)
        if key is None:
            raise KeyMissing(key_id)
        nonce, body = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(key.derive("secrets")).decrypt(nonce, body, bound_to.encode()).decode()
        except (InvalidTag, ValueError) as wrong:
            raise Damaged(
                Text(
                    f"The secret {bound_to} is damaged; set it again.",
                    f"密钥值 {bound_to} 已损坏，请重新设置。",
                )
            ) from wrong


def ring() -> Ring:
    """The keys as they are now; a changed file is noticed. Makes keys.json with a first key when there is
    none.
    """
    if settings.secret_keys:
        return Ring(tuple(_from_setting(text) for text in settings.secret_keys))
    path = _path()
    try:
        stat = path.stat()
    except FileNotFoundError:
        _make_first(path)
        stat = path.stat()
    if stat.st_mode & 0o077:
        path.chmod(0o600)
    return _read(path, stat.st_mtime_ns, stat.st_ino)


def is_file() -> bool:
    """Whether the keys live in our file, so that we may add one; otherwise the operator's environment has
    them.
    """
    return not settings.secret_keys


def django_key() -> str:
    """Django's SECRET_KEY: derived from the newest key."""
    return _django(ring().newest)


def django_fallback_keys() -> list[str]:
    """Django's SECRET_KEY_FALLBACKS: what was signed before a rotation stays valid until the key is
    forgotten.
    """
    return [_django(key) for key in ring().keys[1:]]


def add_key() -> Key:
    """Put a fresh newest key into keys.json."""
    with _changing() as path:
        fresh = _fresh()
        _write(path, Ring((fresh, *_parse(path).keys)))
    return fresh


def retire(used: set[str], *, forget: bool) -> None:
    """Note that of the older keys only `used` still open something; with `forget`, drop the others for
    good.
    """
    with _changing() as path:
        newest, *older = _parse(path).keys
        now = clock.now()
        kept = [
            key if key.id in used else replace(key, retired_at=key.retired_at or now)
            for key in older
            if key.id in used or not forget
        ]
        _write(path, Ring((newest, *kept)))


def _path() -> Path:
    return settings.data_dir / FILE_NAME


def _fresh() -> Key:
    return Key(f"{clock.now():%Y%m%d}-{random.token_hex(4)}", os.urandom(32))


def _from_setting(text: str) -> Key:
    key_id, _, material = text.partition(":")
    return Key(key_id, base64.urlsafe_b64decode(material.rstrip("=") + "="))


@lru_cache(maxsize=4)
def _read(path: Path, _mtime_ns: int, _inode: int) -> Ring:
    return _parse(path)


def _parse(path: Path) -> Ring:
    try:
        keys = tuple(_from_json(row) for row in json.loads(path.read_bytes())["keys"])
    except (ValueError, KeyError, TypeError) as wrong:
        raise _unreadable(path) from wrong
    if not keys:
        raise _unreadable(path)
    return Ring(keys)


def _from_json(row: Mapping[str, Any]) -> Key:
    material = base64.urlsafe_b64decode(row["key"])
    if len(material) != 32:
        raise ValueError("a key has 32 bytes")
    return Key(row["id"], material, datetime.fromisoformat(row["retired_at"]) if row["retired_at"] else None)


def _unreadable(path: Path) -> GuildhallError:
    return GuildhallError(
        Text(
            f"{path} is not a readable key file: restore it from the backup.",
            f"{path} 无法读取，请从备份恢复。",
        ),
        code="key_missing",
    )


def _make_first(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _changing():
        if not path.exists():
            _write(path, Ring((_fresh(),)))


@contextmanager
def _changing() -> Iterator[Path]:
    """One process at a time changes the file."""
    path = _path()
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(handle)


def _write(path: Path, keys: Ring) -> None:
    """All or nothing: a crash leaves the old file or the new one, never half of one."""
    rows = [
        {
            "id": key.id,
            "key": base64.urlsafe_b64encode(key.material).decode(),
            "retired_at": key.retired_at.isoformat() if key.retired_at else None,
        }
        for key in keys.keys
    ]
    handle, name = tempfile.mkstemp(prefix=".keys-", dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w") as file:
        json.dump({"keys": rows}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _django(key: Key) -> str:
    return base64.urlsafe_b64encode(key.derive("django") + key.derive("django 2")).decode()


@lru_cache(maxsize=32)
def _derived(material: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"guildhall " + purpose.encode()).derive(material)
