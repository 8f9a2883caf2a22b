"""What a notice says: a title, a few lines, the links. Pure, in the language of whoever is told."""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.paging.kinds import What

_HEADS = {
    What.RAISED: Text("{title}", "{title}"),
    What.TAKEN: Text("Somebody is on it: {title}", "已有人处理：{title}"),
    What.OVER: Text("Over: {title}", "已解除：{title}"),
}
ACKNOWLEDGE = Text("I am on it", "我来处理")
LOOK = Text("Look at it", "查看详情")
_ON_IT = Text("I am on it: {url}", "我来处理：{url}")
_SEE = Text("Look at it: {url}", "查看详情：{url}")


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in one language. `acknowledge` and `look`: addresses, '' where there is nothing to press."""

    title: str
    body: str
    acknowledge: str = ""
    look: str = ""
    language: str = "en"

    def as_text(self) -> str:
        """Everything in lines, for what knows no buttons. The title comes first."""
        lines = [self.title, ""] + ([self.body, ""] if self.body else [])
        if self.acknowledge:
            lines.append(_ON_IT.format(url=self.acknowledge).for_language(self.language))
        if self.look:
            lines.append(_SEE.format(url=self.look).for_language(self.language))
        return "\n".join(lines).strip()


def words(
    what: What, title: Text, body: Text, *, house: str, language: str, acknowledge: str = "", look: str = ""
) -> Words:
    """What is said of a page. Only one that needs somebody offers to be acknowledged."""
    head = _HEADS[what].format(title=title.for_language(language))
    raised = what is What.RAISED
    return Words(
        f"[{house}] {head.for_language(language)}"[:250],
        body.for_language(language) if raised else "",
        acknowledge if raised else "",
        look,
        language,
    )
