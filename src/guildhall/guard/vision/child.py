"""The reader's own process: takes pictures on its input, one after the other, and answers with a line each.

Started by `reader`; limits itself in memory before it reads anything. A picture comes as eight bytes of
length, one byte of wishes and its bytes; the answer is one line of JSON.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from dataclasses import asdict

from guildhall.core.errors import BadInput
from guildhall.guard.vision.reading import read

MEMORY = 4 << 30
"""Address space, which onnxruntime and OpenCV reserve much more of than they use."""
WITH_WORDS = 1


def main() -> None:
    """Serve until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken, told = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print must not stand among the answers
    while head := taken.read(9):
        size, wishes = struct.unpack(">QB", head)
        told.write(_answer(taken.read(size), wishes) + b"\n")
        told.flush()


def _answer(data: bytes, wishes: int) -> bytes:
    try:
        found = asdict(read(data, words=bool(wishes & WITH_WORDS)))
    except BadInput as error:
        found = {"refused": {"code": error.code, **error.text.to_json()}}
    except MemoryError:
        found = {"refused": {"code": "too_large", "en": "It needs too much memory.", "zh": "所需内存过大。"}}
    return json.dumps(found).encode()


if __name__ == "__main__":
    main()
