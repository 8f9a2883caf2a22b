"""Turns rows of named values into bans, whatever the file they came from: the names of columns in English and
Chinese, ids, times; each person once.

Pure. A row whose id or time cannot be read is put aside whole; a row with only a username is kept, because
we may know the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.intake.importing import values
from guildhall.intake.importing.records import MOST_ROWS, Aside, Ban, BanList, Format

_WRITTEN = {
    "user_id": """user_id userid user id uid telegram_id tg_id discord_id member_id account_id banned_user_id
        用户id 用户编号 编号 账号id 帐号id 账号 帐号 成员id 会员id""",
    "username": "username user_name handle nickname tag 用户名 账号名 帐号名",
    "name": """name first_name firstname full_name fullname display_name displayname
        名字 姓名 昵称 显示名 名称""",
    "last_name": "last_name lastname 姓",
    "reason": "reason ban_reason comment note description 原因 封禁原因 理由 备注 说明",
    "until": """until expires expires_at expiry ban_until end end_date
        封禁至 到期 到期时间 解封时间 截止 截止时间""",
    "banned_at": """banned_at date time created_at created banned timestamp when ban_date time_added
        封禁时间 时间 日期""",
    "type": "type action kind 类型",
}
NAMES = {written: name for name, all_written in _WRITTEN.items() for written in all_written.split()}
_NO_ID = Text("There is no id of an account and no username.", "缺少账号 ID 和用户名。")
_BAD_ID = Text("This is not an id of an account.", "不是有效的账号 ID。")
_BAD_TIME = Text("This is not a time.", "不是有效的时间。")
_USERNAME = re.compile(r"@?[A-Za-z0-9_.\u3400-\u9fff-]{2,64}")


def known_name(written: object) -> str:
    """Our name of a column or key, or '' when it is none of those we know."""
    plain = re.sub(r"[\s-]+", "_", str(written).strip().strip("\ufeff\"'").lower())
    return NAMES.get(plain, "") or NAMES.get(plain.replace("_", ""), "")


def renamed(row: Mapping[Any, Any]) -> dict[str, object]:
    """A row with our names; what has none is left out. The first of two that mean the same counts."""
    out: dict[str, object] = {}
    for written, value in row.items():
        name = known_name(written)
        if name and value not in (None, "") and name not in out:
            out[name] = value
    return out


class Gathering:
    """Bans as they are read, one row after the other."""

    def __init__(self, found: Format) -> None:
        self.format, self.aside = found, Aside()
        self._bans: dict[str, Ban] = {}
        self._repeated = 0

    def add(self, row: int, said: Mapping[str, object], raw: str) -> None:
        """Take one row in our names."""
        try:
            external = values.platform_id(said["user_id"]) if said.get("user_id") not in (None, "") else ""
        except ValueError:
            self.aside.put(row, "user_id", _BAD_ID, raw)
            return
        username = values.one_line(said.get("username"), 190).lstrip("@")
        if username.lower() in ("none", "null") or not _USERNAME.fullmatch(username):
            username = ""
        if not external and not username:
            self.aside.put(row, "user_id", _NO_ID, raw)
            return
        times = {}
        for name in ("until", "banned_at"):
            try:
                times[name] = values.moment(said.get(name))
            except (ValueError, OverflowError):
                self.aside.put(row, name, _BAD_TIME, raw)
                return
        key = external or f"@{username.lower()}"
        if key in self._bans:
            self._repeated += 1
            return
        if len(self._bans) >= MOST_ROWS:
            raise BadInput(
                Text(
                    f"More than {MOST_ROWS:,} people; split the list.", f"超过 {MOST_ROWS:,} 人，请拆分列表。"
                ),
                field="file",
                row=row,
            )
        parts = (values.one_line(said.get(name), 190) for name in ("name", "last_name"))
        name = " ".join(part for part in parts if part and part.lower() not in ("none", "null"))
        reason = values.one_line(said.get("reason"), 500)
        self._bans[key] = Ban(
            row, external, username, name[:255], "" if reason.lower() in ("none", "null") else reason, **times
        )

    def done(self) -> BanList:
        """All that was gathered."""
        return BanList(self.format, tuple(self._bans.values()), tuple(self.aside.rows), self._repeated)


def gather(found: Format, rows: Iterable[tuple[int, Mapping[str, object], str]]) -> BanList:
    """The bans of rows given as (row, values by our names, the row as it stood)."""
    gathering = Gathering(found)
    for row, said, raw in rows:
        gathering.add(row, said, raw)
    return gathering.done()
