"""Where the named queries lie: each `.sql` file of a registered folder is the query `<room>/<stem>`."""

from __future__ import annotations

from pathlib import Path

from guildhall.core.errors import NotFound
from guildhall.core.text import Text

_folders: dict[str, list[Path]] = {}


def add(room: str, directory: Path | str) -> None:
    """Register a folder of `.sql` files of a room. Raises ValueError when it is not there."""
    folder = Path(directory)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a directory")
    folders = _folders.setdefault(room, [])
    if folder not in folders:
        folders.append(folder)


def names() -> list[str]:
    """All named queries, sorted."""
    return sorted(
        f"{room}/{path.stem}"
        for room, folders in _folders.items()
        for folder in folders
        for path in folder.glob("*.sql")
    )


def path_of(name: str) -> Path:
    """The file of a named query. Raises NotFound."""
    room, _, stem = name.partition("/")
    for folder in _folders.get(room, []):
        path = folder / f"{stem}.sql"
        if stem.replace("_", "").isalnum() and path.is_file():
            return path
    raise NotFound(Text(f"There is no query called {name}.", f"没有名为 {name} 的查询。"))


def forget(room: str) -> None:
    """Take a room's folders out again; for tests."""
    _folders.pop(room, None)
