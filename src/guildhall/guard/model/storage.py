"""A model's file: magic, a JSON header, then arrays, with a checksum over all of it. Never pickle.

`pack` gives the same bytes for the same model on every run; `unpack` believes nothing: a file that is cut
short, damaged, of another kind or made for another canonical text is refused in words.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

MAGIC = b"GUILDHALL-TEXT\x001"
_LARGEST_HEADER = 1_000_000
_LARGEST_ARRAYS = 256_000_000
_KINDS = {"int8": np.int8, "int16": np.int16, "uint8": np.uint8, "float16": np.float16, "float32": np.float32}

Arrays = Mapping[str, NDArray[Any]]


def pack(header: Mapping[str, Any], arrays: Arrays, magic: bytes = MAGIC) -> bytes:
    """The file's bytes. `header` must be JSON; `arrays` of the kinds a file may hold."""
    body = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
    squeezed = zlib.compress(body, 9)
    shapes = {
        name: {"kind": arrays[name].dtype.name, "shape": list(arrays[name].shape)} for name in sorted(arrays)
    }
    full = {**header, "arrays": shapes, "bytes": len(squeezed)}
    head = json.dumps(full, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    rest = len(head).to_bytes(4, "big") + head + squeezed
    return magic + hashlib.sha256(rest).digest() + rest


def content_hash(arrays: Arrays, header: Mapping[str, Any] | None = None) -> str:
    """Eight hex digits that tell models apart: other weights, or (with `header`) another calibration."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode() if header else b"")
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:8]


def unpack(data: bytes, magic: bytes = MAGIC) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and arrays of a file. Raises BadInput that says what is wrong with it."""
    if not data.startswith(magic):
        if magic.startswith(data[: len(magic)]):
            raise cut_short()
        if magic != MAGIC:
            raise BadInput(
                Text(
                    "This file holds no domain model. Train one with `guildhall guard train`.",
                    "此文件中没有域名模型。请用 `guildhall guard train` 训练。",
                ),
                code="not_a_model",
            )
        raise BadInput(
            Text(
                "This is not a Guildhall text model. Train one with `guildhall guard train`.",
                "这不是 Guildhall 文本模型文件。请用 `guildhall guard train` 训练。",
            ),
            code="not_a_model",
        )
    digest, rest = data[len(magic) : len(magic) + 32], data[len(magic) + 32 :]
    if len(rest) < 4:
        raise cut_short()
    size = int.from_bytes(rest[:4], "big")
    if size > _LARGEST_HEADER:
        raise damaged()
    if len(rest) < 4 + size:
        raise cut_short()
    try:
        header = json.loads(rest[4 : 4 + size])
        expected = 4 + size + int(header["bytes"])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged() from error
    if len(rest) < expected:
        raise cut_short()
    if len(rest) > expected or hashlib.sha256(rest).digest() != digest:
        raise damaged()
    return header, _arrays(header, rest[4 + size :])


def _arrays(header: Mapping[str, Any], squeezed: bytes) -> dict[str, NDArray[Any]]:
    try:
        body = zlib.decompressobj().decompress(squeezed, _LARGEST_ARRAYS)
        out = {}
        at = 0
        for name in sorted(header["arrays"]):
            kind = np.dtype(_KINDS[header["arrays"][name]["kind"]])
            shape = [int(side) for side in header["arrays"][name]["shape"]]
            count = int(np.prod(shape, dtype=np.int64))
            out[name] = np.frombuffer(body, kind, count, at).reshape(shape)
            at += count * kind.itemsize
    except (zlib.error, KeyError, TypeError, ValueError) as error:
        raise damaged() from error
    return out


def cut_short() -> BadInput:
    return BadInput(
        Text(
            "The model file is cut short. Copy or train it again.",
            "模型文件不完整（被截断）。请重新复制或训练。",
        ),
        code="model_cut_short",
    )


def damaged() -> BadInput:
    return BadInput(
        Text(
            "The model file is damaged: its checksum does not fit. Copy or train it again.",
            "模型文件已损坏：校验和不符。请重新复制或训练。",
        ),
        code="model_damaged",
    )


def outdated(what: Text) -> BadInput:
    return BadInput(
        Text(
            f"The model was trained for another {what.en}. Train it again with `guildhall guard train`.",
            f"此模型是为另一版本的{what.zh}训练的。请用 `guildhall guard train` 重新训练。",
        ),
        code="model_outdated",
    )
