"""How a content looks in one place: which wording, what becomes of buttons, whether it fits. Pure.

Limits come from the platform's adapter. Words stay plain: no platform's markup is put into them. What does
not fit is never cut; it is said, and the place is held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from guildhall.broadcast.content import Content, LinkButton
from guildhall.channels.port import Button, Limits
from guildhall.core.text import Text, traditional


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be sent, before compliance added its sentences. `language` is that of the words."""

    language: str
    text: str
    buttons: tuple[Button, ...] = ()
    files: tuple[str, ...] = ()
    left_out: int = 0
    """How many files stay behind because the platform takes none."""

    def said_by_buttons(self) -> str:
        """What the buttons say and where they lead, as compliance reads it."""
        return "\n".join(f"{one.text} {one.url}" for one in self.buttons)


def choose(content: Content, language: str) -> tuple[str, str]:
    """(language, words) for somebody of a language; ('', '') when there is nothing for them.

    Traditional Chinese is made from Simplified where it was not written; Chinese of either script does for
    `zh`.
    """
    if words := content.text(language):
        return language, words
    if language == "zh-hant" and (words := content.text("zh-hans")):
        return language, traditional(words)
    if language.startswith("zh"):
        for other in ("zh-hans", "zh-hant"):
            if words := content.text(other):
                return other, words
    base = language.partition("-")[0]
    if words := content.text(base):
        return base, words
    if content.fallback:
        return content.fallback, content.text(content.fallback)
    return "", ""


def draft(content: Content, language: str, limits: Limits) -> Draft | None:
    """What a place of that language on a platform of these limits would get; None for nothing."""
    if content.together:
        chosen = language if content.text(language) else content.languages[0]
        ordered = [chosen, *(one for one in content.languages if one != chosen)]
        words = "\n\n".join(content.text(one) for one in ordered)
    else:
        chosen, words = choose(content, language)
    if not words:
        return None
    buttons = tuple(Button(_label(content, one, chosen), one.url) for one in content.buttons)
    made = Draft(chosen, words, buttons, content.files)
    if len(buttons) > limits.buttons:
        lines = "\n".join(f"{one.text}: {one.url}" for one in buttons)
        made = replace(made, text=f"{words}\n\n{lines}", buttons=())
    if content.files and not limits.media and content.without_files:
        made = replace(made, files=(), left_out=len(content.files))
    return made


def _label(content: Content, button: LinkButton, language: str) -> str:
    if content.together:
        return " · ".join(dict.fromkeys(button.label(one) for one in content.languages))
    known = dict(button.labels)
    if language == "zh-hant" and language not in known and "zh-hans" in known:
        return traditional(known["zh-hans"])
    return button.label(language)


def misfit(made: Draft, text: str, limits: Limits) -> Text | None:
    """Why a draft whose final words are `text` cannot go to a platform of these limits; None when it can."""
    long, most = limits.count(text), longest(limits, with_files=bool(made.files))
    if not most:
        return Text("This platform takes no messages from us.", "该平台不接受我们发送的消息。")
    if long > most:
        over = long - most
        return Text(
            f"{over} too long: {long} where this platform takes {most}.",
            f"超出 {over}：当前长度 {long}，该平台上限 {most}。",
        )
    if made.files and not limits.media:
        return Text("This platform takes no files from us.", "该平台不支持我们发送文件。")
    if len(made.files) > limits.media:
        return Text(
            f"{len(made.files)} files where this platform takes {limits.media}.",
            f"文件 {len(made.files)} 个，该平台上限 {limits.media} 个。",
        )
    return None


def longest(limits: Limits, *, with_files: bool) -> int:
    """How long a text may be, as the platform counts; beside files some take less."""
    return limits.caption if with_files and limits.caption else limits.text
