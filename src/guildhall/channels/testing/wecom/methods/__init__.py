"""The methods the fake plays, by family. Importing this package fills `METHODS`."""

from guildhall.channels.testing.wecom.methods import (
    contacts,
    files,
    groups,
    house,
    kf,
    mass,
    official,
    tags,
    ways,
)
from guildhall.channels.testing.wecom.methods.registry import METHODS

__all__ = ["METHODS", "contacts", "files", "groups", "house", "kf", "mass", "official", "tags", "ways"]
