"""Personal WeChat groups, with a person's hands and a phone: posts to paste, counts, and what was exported.

`adapter` says what a person can be asked for; `posts`, `counts` and `groups` are the writers.
"""

from guildhall.channels.wecom.assisted.adapter import PLATFORM, AssistedAdapter

__all__ = ["PLATFORM", "AssistedAdapter"]
