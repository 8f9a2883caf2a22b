"""A large set of names in little room: sorted 64-bit hashes, eight bytes each, looked up by halving.

Half a million names take 4 MB. Two different names share a hash once in 2**64, so that among half a million
names a question about a stranger is answered wrongly once in 3 * 10**13 questions; nothing is kept to check
against.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b

from guildhall.core.errors import BadInput
from guildhall.core.text import Text


class Hashes:
    """A set of names that only answers whether it holds one."""

    __slots__ = ("_sorted",)

    def __init__(self, packed: bytes) -> None:
        """From what `pack` gave. Raises BadInput for bytes that cannot be that."""
        self._sorted = array("Q")
        if len(packed) % self._sorted.itemsize:
            raise BadInput(Text("The stored list is cut short.", "存储的名单不完整。"), code="feed_cut_short")
        self._sorted.frombytes(packed)
        if sys.byteorder == "big":
            self._sorted.byteswap()

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        wanted = _hash(name)
        at = bisect_left(self._sorted, wanted)
        return at < len(self._sorted) and self._sorted[at] == wanted

    def __len__(self) -> int:
        return len(self._sorted)


def pack(names: Iterable[str]) -> bytes:
    """Names as bytes for keeping; the same names give the same bytes."""
    found = array("Q", sorted({_hash(name) for name in names}))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
