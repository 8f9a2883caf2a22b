"""Writes what a command gives: all of it under the name asked for, or nothing and the old file stays.

A regular file is written beside its place and moved there at the end; a device or a pipe is written straight
into. What cannot be written is refused in one line, before any work is done.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

STANDARD = "-"
"""Standard input among the sources, standard output as what is written to."""

_STDOUT = (STANDARD, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_REASONS = {
    errno.ENOENT: Text("there is no such folder", "文件夹不存在"),
    errno.ENOTDIR: Text("what should be its folder is a file", "上级路径不是文件夹"),
    errno.EISDIR: Text("it is a folder", "它是一个文件夹"),
    errno.EACCES: Text("not permitted", "没有权限"),
    errno.EPERM: Text("not permitted", "没有权限"),
    errno.EROFS: Text("its disk is read-only", "磁盘为只读"),
    errno.ENOSPC: Text("the disk is full", "磁盘已满"),
    errno.EDQUOT: Text("the disk quota is used up", "磁盘配额已用完"),
    errno.EPIPE: Text("nobody reads it any more", "读取方已关闭"),
    errno.ENAMETOOLONG: Text("its name is too long", "文件名过长"),
}


@contextmanager
def written(out: Path, *sources: Path | str | None) -> Iterator[IO[bytes]]:
    """The file to write; it takes its place when the block ends well.

    Raises BadInput when `out` is one of `sources` or cannot be written.
    """
    refuse_same(out, *sources)
    try:
        if str(out) in _STDOUT:
            with _standard_output() as file:
                yield file
        elif goes_straight(out):
            # Appended: what a redirection already holds is not ours to cut off.
            with os.fdopen(os.open(out, os.O_WRONLY | os.O_APPEND), "wb") as file:
                yield file
        else:
            with _beside(Path(os.path.realpath(out))) as file:
                yield file
    except OSError as error:
        # A write that fails names no file; what failed to open does.
        named = None if error.filename is None else os.fsdecode(error.filename)
        if named is None or named == str(out) or Path(named).parent == Path(os.path.realpath(out)).parent:
            raise unwritable(out, error) from error
        said = error.strerror
        raise BadInput(Text(f"{named} cannot be used: {said}.", f"无法使用 {named}：{said}。")) from error


def refuse_same(out: Path, *sources: Path | str | None) -> None:
    """Raise BadInput when writing `out` would destroy one of `sources` (None: there is none)."""
    try:
        mine = out.stat()
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(mine.st_mode):
        return
    for source in sources:
        if source is None:
            continue
        try:
            other = os.fstat(sys.stdin.fileno()) if str(source) == STANDARD else os.stat(source)
        except (OSError, ValueError, AttributeError):
            continue
        if os.path.samestat(mine, other):
            raise BadInput(
                Text(
                    f"{out} is the same file as {source}, which would be lost; choose another name.",
                    f"{out} 与 {source} 是同一个文件，写入会毁掉原有内容，请换一个名称。",
                ),
                field="out",
            )


def goes_straight(out: Path) -> bool:
    """Whether `out` is no regular file, and so is never replaced by one."""
    if str(out) == STANDARD or str(out).startswith(("/dev/", "/proc/")):
        return True
    try:
        mode = out.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def unwritable(out: object, error: OSError) -> BadInput:
    """The refusal of a file that cannot be written, with the reason in both languages."""
    said = error.strerror or type(error).__name__
    why = _REASONS.get(error.errno or 0, Text(said, said))
    return BadInput(Text(f"{out} cannot be written: {why.en}.", f"无法写入 {out}：{why.zh}。"), field="out")


@contextmanager
def _beside(target: Path) -> Iterator[IO[bytes]]:
    """A file in the folder of `target` that becomes `target`; gone when the block does not end well."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    handle, name = tempfile.mkstemp(prefix=".guildhall-", suffix=".part", dir=target.parent)
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, _mode(target))
            yield file
            file.flush()
            os.fsync(handle)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


@contextmanager
def _standard_output() -> Iterator[IO[bytes]]:
    file = sys.stdout.buffer
    try:
        yield file
        file.flush()
    except OSError:
        # What is left in the buffer cannot be written either: let it go quietly at the end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise


def _mode(target: Path) -> int:
    """The mode of the old file, or what a new one gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
