"""Words, buttons and files as the bodies 微信客服, Official Accounts and group robots take. Pure.

Lengths are bytes of UTF-8: a Chinese character is three. Buttons that open an address stand in the menu of
微信客服 and as lines below the words elsewhere; buttons that call back exist in talks only.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from guildhall.channels.port import Button
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

TEXT, MENU_HEAD, MENU_ITEM, MARKDOWN = 2048, 1024, 128, 4096
MOST_BUTTONS = 10
LONGEST_URL = 2048
Json = dict[str, Any]


def size(text: str) -> int:
    """How long a text is for WeChat: bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def cut(text: str, most: int) -> str:
    """The beginning of a text, at most `most` bytes long, never half a character."""
    raw = text.encode("utf-8", "surrogatepass")
    return text if len(raw) <= most else raw[: most - 3].decode("utf-8", "ignore") + "…"


def for_kf(text: str, buttons: Sequence[Button], packed: Sequence[str]) -> Json:
    """A message of 微信客服: words alone, or a menu under them. `packed`: what each button brings back.
    Raises BadInput for words that are too long above a menu.
    """
    if not buttons:
        return {"msgtype": "text", "text": {"content": text}}
    _must_fit(text)
    items = [
        {"type": "view", "view": {"url": button.url, "content": cut(button.text, MENU_ITEM)}}
        if button.url
        else {"type": "click", "click": {"id": wire, "content": cut(button.text, MENU_ITEM)}}
        for button, wire in zip(buttons, packed, strict=True)
    ]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": text, "list": items}}


def for_account(text: str, buttons: Sequence[Button], packed: Sequence[str]) -> Json:
    """A customer message of an Official Account; addresses stand below the words. Raises as `for_kf`."""
    pressed = [(button, wire) for button, wire in zip(buttons, packed, strict=True) if not button.url]
    text = with_addresses(text, buttons)
    if not pressed:
        if size(text) > TEXT:
            raise _too_long(TEXT)
        return {"msgtype": "text", "text": {"content": text}}
    _must_fit(text)
    items = [{"id": wire, "content": cut(button.text, MENU_ITEM)} for button, wire in pressed]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": text, "list": items, "tail_content": ""}}


def for_group(text: str, buttons: Sequence[Button], packed: Sequence[str]) -> Json:
    """What a group is shown, by a robot or its owner. Raises as `for_kf`."""
    return for_robot(text, buttons, as_markdown=False)


def for_robot(text: str, buttons: Sequence[Button], *, as_markdown: bool) -> Json:
    """A message of a group robot. Raises BadInput when it is too long with its addresses."""
    text = with_addresses(text, buttons)
    most, kind = (MARKDOWN, "markdown") if as_markdown else (TEXT, "text")
    if size(text) > most:
        raise _too_long(most)
    return {"msgtype": kind, kind: {"content": text}}


def picture_for_robot(body: bytes) -> Json:
    """A picture a group robot shows (PNG or JPEG of at most 2 MB)."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": base64.b64encode(body).decode(), "md5": digest}}


def with_addresses(text: str, buttons: Sequence[Button]) -> str:
    """The words with each address a button opens on a line of its own."""
    shown = [f"{button.text}: {button.url}" for button in buttons if button.url]
    return "\n".join((text, "", *shown)) if shown else text


def _must_fit(text: str) -> None:
    if size(text) > MENU_HEAD:
        raise _too_long(MENU_HEAD)


def _too_long(most: int) -> BadInput:
    return BadInput(
        Text(
            f"At most {most:,} bytes here, buttons included; a Chinese character is three.",
            f"此处（含按钮）最多 {most:,} 字节，一个汉字占 3 字节。",
        ),
        field="text",
    )
