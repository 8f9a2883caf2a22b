"""What stands on pictures: codes, words, and whether the same picture was seen before.

An extra (`guildhall[vision]`); without it nothing here is imported and pictures are judged by their captions
alone. Pictures are read by a process of their own with a limit on memory and time (`reader`), never in the
hot path and never in the process that asks.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

_NEEDED = ("PIL", "numpy", "zxingcpp", "rapidocr_onnxruntime")


@lru_cache(maxsize=1)
def is_installed() -> bool:
    """Whether the extra is there in this installation."""
    return all(find_spec(name) is not None for name in _NEEDED)
