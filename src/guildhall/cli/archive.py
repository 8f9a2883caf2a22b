"""The file a backup is: a tar archive with a manifest first, then the parts, each with its size and SHA-256.

Pure files, no Django. `write` never leaves half a backup under the final name; `read` refuses an archive that
is damaged, incomplete or holds anything the manifest does not name, before a byte is put in place.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from guildhall.core.errors import BadInput, Conflict
from guildhall.core.text import Text

MANIFEST = "manifest.json"
FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `made_at`: ISO 8601, UTC. `parts`: file name to [bytes, sha256]."""

    format: int
    version: str
    made_at: str
    engine: str
    migrations: tuple[str, ...]
    has_keys: bool
    parts: Mapping[str, tuple[int, str]]


def write(target: Path, manifest: Manifest, sources: Mapping[str, Path]) -> None:
    """Write the archive at `target`, mode 0600, all or nothing. Raises Conflict when there is one."""
    if target.exists():
        raise Conflict(Text(f"{target} exists; choose another name.", f"{target} 已存在，请换一个名称。"))
    half = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                body = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
                about = tarfile.TarInfo(MANIFEST)
                about.size, about.mode = len(body), 0o600
                tar.addfile(about, io.BytesIO(body))
                for name in sorted(manifest.parts):
                    about = tarfile.TarInfo(name)
                    about.size, about.mode = sources[name].stat().st_size, 0o600
                    with sources[name].open("rb") as part:
                        tar.addfile(about, part)
            file.flush()
            os.fsync(file.fileno())
        os.link(half, target)
    except FileExistsError:
        raise Conflict(
            Text(f"{target} exists; choose another name.", f"{target} 已存在，请换一个名称。")
        ) from None
    finally:
        half.unlink(missing_ok=True)


def read(source: Path, folder: Path) -> Manifest:
    """Check the archive and lay its parts into `folder` (empty). Raises BadInput saying what is wrong."""
    try:
        with tarfile.open(source, mode="r:") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or first.size > _CHUNK:
                raise damaged(source, "it does not begin with a manifest", "开头没有清单")
            manifest = parse_manifest(source, _body(tar, first).read())
            for name, (size, digest) in manifest.parts.items():
                about = tar.next()
                if about is None or not about.isreg() or about.name != name or about.size != size:
                    raise damaged(source, f"{name} is missing or cut short", f"{name} 缺失或不完整")
                if _lay(_body(tar, about), folder / name) != digest:
                    raise damaged(source, f"{name} has another checksum", f"{name} 校验和不符")
            end = tar.offset
            if tar.next() is not None or not _is_blank_from(source, end):
                raise damaged(source, "it holds more than its manifest names", "包含清单之外的内容")
    except (tarfile.TarError, EOFError) as error:
        raise damaged(source, str(error), str(error)) from error
    except FileNotFoundError:
        raise BadInput(Text(f"There is no file {source}.", f"没有文件 {source}。"), field="path") from None
    return manifest


def parse_manifest(source: Path, body: bytes) -> Manifest:
    """The manifest as a value. Raises BadInput for anything that is not one of ours."""
    try:
        data: dict[str, Any] = json.loads(body)
        if data["format"] != FORMAT:
            raise damaged(source, f"its format is {data['format']!r}, not {FORMAT}", f"格式不是 {FORMAT}")
        parts = {name: (int(size), str(digest)) for name, (size, digest) in sorted(data["parts"].items())}
        manifest = Manifest(
            FORMAT, str(data["version"]), str(data["made_at"]), str(data["engine"]),
            tuple(data["migrations"]), bool(data["has_keys"]), parts,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(source, "its manifest cannot be read", "清单无法读取") from error
    for name in manifest.parts:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or len(path.parts) != 1:
            raise damaged(source, f"{name!r} is not a plain file name", f"{name!r} 不是普通文件名")
    return manifest


def describe(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return path.stat().st_size, digest.hexdigest()


def damaged(source: Path, en: str, zh: str) -> BadInput:
    """The refusal of an archive, with what is wrong in both languages."""
    return BadInput(
        Text(
            f"{source} cannot be used: {en}. Nothing was changed.", f"{source} 无法使用：{zh}。未做任何改动。"
        ),
        field="path",
    )


def _body(tar: tarfile.TarFile, about: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(about)
    if file is None:
        raise tarfile.ReadError(f"{about.name} is not a file")
    return file


def _is_blank_from(source: Path, position: int) -> bool:
    """Whether nothing but zeros, as a tar ends with, follows `position`."""
    with source.open("rb") as file:
        file.seek(position)
        return not any(chunk.strip(b"\0") for chunk in iter(lambda: file.read(_CHUNK), b""))


def _lay(part: IO[bytes], target: Path) -> str:
    """Copy one part out with mode 0600; returns its SHA-256."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := part.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
