"""Where the tables lie: a directory on this machine or an object store by URL, and how to reach it.

For an object store the usual AWS_* variables are read, or the secret `facts.object_store` (JSON of the same
names), which wins.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from guildhall.core import secrets
from guildhall.core.errors import NotFound
from guildhall.core.settings import settings

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyarrow.fs import FileSystem

SECRET = "facts.object_store"
_NAMES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
)  # fmt: skip


def url() -> str:
    """Where the tables lie, without a slash at the end."""
    return (settings.facts_url or str(settings.data_dir / "facts")).removeprefix("file://").rstrip("/")


def is_remote() -> bool:
    """Whether the tables lie in an object store."""
    return "://" in url()


def table_url(name: str) -> str:
    """Where one table lies."""
    return f"{url()}/{name}"


def index_dir(name: str) -> Path:
    """Where this machine keeps the key index of a table: derived, and no part of a backup."""
    place = hashlib.sha256(url().encode()).hexdigest()[:12]
    return settings.data_dir / "facts-index" / place / name


def options() -> dict[str, str]:
    """How to reach the object store; empty for a directory."""
    if not is_remote():
        return {}
    found = {name: os.environ[name] for name in _NAMES if os.environ.get(name)}
    try:
        found |= {name: str(value) for name, value in json.loads(secrets.get(SECRET)).items()}
    except NotFound:
        pass  # the environment has to do
    if found.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        found.setdefault("AWS_ALLOW_HTTP", "true")
    # A commit is an object that must not exist yet: the store itself refuses the second writer.
    return found | {"aws_conditional_put": "etag"}


def open_table(name: str, version: int | None = None) -> DeltaTable | None:
    """The Delta table of a name, at a version or as it is now; None while nothing was shipped to it."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    place = table_url(name)
    if not is_remote() and not (Path(place) / "_delta_log").is_dir():
        return None
    try:
        return DeltaTable(place, version=version, storage_options=options())
    except TableNotFoundError:
        return None


def open_at(name: str, version: int) -> DeltaTable | None:
    """The table as it was at a version, or None when its log does not reach back that far."""
    from deltalake.exceptions import DeltaError

    try:
        return open_table(name, version)
    except DeltaError:
        return None


def filesystem() -> tuple[FileSystem, str]:
    """For Arrow: the file system the tables lie in, and what to take off the front of their addresses."""
    from pyarrow.fs import LocalFileSystem, S3FileSystem

    if not is_remote():
        return LocalFileSystem(), ""
    given = options()
    endpoint = given.get("AWS_ENDPOINT_URL", "")
    parts = urlsplit(endpoint)
    system = S3FileSystem(
        access_key=given.get("AWS_ACCESS_KEY_ID"),
        secret_key=given.get("AWS_SECRET_ACCESS_KEY"),
        session_token=given.get("AWS_SESSION_TOKEN"),
        region=given.get("AWS_REGION"),
        endpoint_override=parts.netloc or None,
        scheme=parts.scheme or "https",
    )
    return system, "s3://"
