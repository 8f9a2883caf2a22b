"""Finds every link in a text, also those written to slip past a filter: bare domains glued to Chinese,
`hxxp`, `[.]`, `dot`.

Pure. Spans are code points of the text given. Linkify libraries want a space around a domain and miss
`请登录k2dg6.cn进行维护`; this scanner knows the real top-level domains instead (the snapshot in tldextract)
and is linear in the length of the text. Whether a link is good or bad is the guard's question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from guildhall.channels.port import Link, LinkKind

MOST_LINKS = 200
"""Links kept of one text; whoever writes more has said enough to be judged."""

_HIDDEN = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u0300-\u036f"
_LETTERS = (
    "A-Za-z0-9\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u0531-\u058f\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
)
_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LABEL = f"[{_LETTERS}](?:[{_LETTERS}_{_HIDDEN}-]{{0,62}})"
_WORD_DOT = r"\s?[\[({<]\s?(?:\.|dot|点)\s?[\])}>]\s?|\s(?:dot|\.)\s|点"
_DOT = rf"(?:[.．｡。․]|{_WORD_DOT})"
_TAIL = rf"(?::\d{{1,5}})?(?:[/?#][^\s<>\"`{_CJK}\uff01-\uff0f\uff1a-\uff20“”‘’…]*)?"
_SCHEME = r"[A-Za-z][A-Za-z0-9+*-]{1,19}(?:://|\[:\]//|：//|:\\\\)"

_CANDIDATE = re.compile(
    rf"(?<![{_LETTERS}])(?:"
    rf"(?P<scheme>{_SCHEME})(?P<rest>[^\s<>\"`]+)"
    rf"|(?P<host>{_LABEL}(?:{_DOT}{_LABEL}){{1,40}})(?P<tail>{_TAIL})"
    rf")",
    re.IGNORECASE,
)
_HINT = re.compile(rf"://|[.．｡。․]\s?[{_LETTERS}\])}}>]|[{_LETTERS}]\s?点|\bdot\b|\[:\]|：//", re.IGNORECASE)
_DOT_RE = re.compile(_DOT, re.IGNORECASE)
_HIDDEN_RE = re.compile(f"[{_HIDDEN}]")
_AUTHORITY = re.compile(r"[^/?#\\]*")
_STOP_IN_PATH = re.compile(rf"[{_CJK}\uff01-\uff0f\uff1a-\uff20“”‘’…]")
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLAIN_DOTS = frozenset(".．｡․")
_SPELT_TLDS = _words("""
    com net org io cn cc top xyz info app site online vip club live pro shop link ru biz gg finance
""")
"""Ends believed when the dot is spelt out, a Chinese full stop or between spaces: elsewhere those are
prose.
"""
_WORDLIKE_TLDS = _words("""
    so to me it is in my no at be do am as us by la re now you one how here today life live love fun
    cool work best day win men new next page pay rest run save security show team tips watch world wow
    zero bet chat city dating date band bar beauty can call care cash click deal design doctor dog email
    eat est events express fail family fan fast fit food free game gift got green help host hot house
    just kids kim land law like lol ltd man med moe name observer off open phone pics pink place plus
    press pub red repair report review rip rocks room safe sale school science see services sexy social
    space style talk tax trade training tube university vote with work yes yoga and for hi the cam ing
    ms st mr pm tv gs sm ps im go
""")
_COMMON_WORDS = _words("""
    a i u you me it he she we they him her them us that this these those there here what who when where
    why how ok okay yes no yep nope yeah lol haha now then so too also just only really very much more
    most well good great nice fine sure thanks thank thx please pls sorry hi hello hey bye night morning
    day today tomorrow tonight yesterday week home house work job school time money phone call text msg
    message chat way thing things stuff one two all any some none not don't do does did done go going
    gone come get got give take make see know think want need like love miss feel say tell ask wait stop
    start leave late early back out up down in on off over again already still yet soon ready free busy
    man men girl boy guy guys friend friends people dear babe baby mum mom dad price market token coin
    wallet ur r ya da n k wat oso lor lah leh meh im ill its dont cant wont didnt
""")


def extract(text: str, given: Iterable[Link] = ()) -> tuple[Link, ...]:
    """All links of `text` in order of place, together with those the platform gave (buttons and text links
    last and kept).

    A found link that overlaps a given one is the same link and is dropped.
    """
    kept = list(given)
    taken = [(link.start, link.end) for link in kept if link.end > link.start >= 0]
    found = [
        link for link in scan(text) if not any(link.start < end and start < link.end for start, end in taken)
    ]
    if not found:
        return tuple(kept)
    found.extend(kept)
    found.sort(key=lambda link: link.start if link.start >= 0 else len(text) + 1)
    return tuple(found)


def scan(text: str) -> list[Link]:
    """Links found in the words alone, at most `MOST_LINKS`."""
    if _HINT.search(text) is None:
        return []
    found: list[Link] = []
    position = 0
    while len(found) < MOST_LINKS:
        match = _CANDIDATE.search(text, position)
        if match is None:
            break
        link = _with_scheme(match) if match["scheme"] else _bare(match, text)
        if link is not None:
            found.append(link)
            position = max(link.end, match.start() + 1)
        else:
            # A refused scheme may hide a domain further right; a refused host is done with.
            position = match.end("scheme") if match["scheme"] else match.end()
    return found


def _with_scheme(match: re.Match[str]) -> Link | None:
    written, rest = match["scheme"], match["rest"]
    authority_match = _AUTHORITY.match(rest)
    authority = authority_match.group() if authority_match else ""
    host = _cut_host(authority)
    if not host:
        return None
    tail = ""
    if len(host) == len(authority):
        after = rest[len(authority) :]
        stop = _STOP_IN_PATH.search(after)
        tail = after[: stop.start()] if stop else after
    shown = _trim(host + tail)
    scheme = re.match(r"[A-Za-z0-9+*-]+", written).group().lower()  # type: ignore[union-attr]
    honest = scheme in {"http", "https"} and written.endswith("://")
    if scheme.replace("*", "x").replace("t", "x") in {"hxxp", "hxxps"}:
        scheme = "https" if scheme.endswith("s") else "http"
    start = match.start()
    end = match.start("rest") + len(shown)
    clean_host, clean_tail = _clean(shown[: len(host)]), shown[len(host) :]
    kind = LinkKind.URL if honest and clean_host == shown[: len(host)] else LinkKind.BARE
    return Link(f"{scheme}://{clean_host}{clean_tail}", written + shown, kind, start, end)


def _cut_host(authority: str) -> str:
    """The part of an authority that is a host: up to Chinese words glued behind a real domain, without
    closing marks.
    """
    cjk = re.search(f"[{_CJK}]", authority)
    if cjk and cjk.start() > 1:
        before = authority[: cjk.start()]
        last = _clean(before).rstrip(".").rpartition(".")[2].split(":")[0].lower()
        if last in _tlds() or last.isdigit():
            return _trim(before)
    return _trim(authority)


def _bare(match: re.Match[str], text: str) -> Link | None:
    start = match.start()
    if start and text[start - 1] in "@＠":
        return None
    host, tail = match["host"], match["tail"]
    kept, complete = _longest_domain(host)
    if not kept:
        if _IP.fullmatch(host) and tail and all(int(part) < 256 for part in host.split(".")):
            kept, complete = host, True
        else:
            return None
    if not complete:
        tail = ""
    if text[start + len(kept) : start + len(kept) + 1] in ("@", "＠") or tail.startswith("@"):
        return None
    domain = _clean(kept)
    shown = _trim(kept + tail)
    path = shown[len(kept) :]
    if not path and _is_prose(domain, kept):
        return None
    return Link(f"http://{domain}{path}", shown, LinkKind.BARE, start, start + len(shown))


def _longest_domain(host: str) -> tuple[str, bool]:
    """The longest leading part of `host` that ends in a real top-level domain, and whether that is all of
    it.
    """
    dots = [(dot.start(), dot.end(), dot.group() not in _PLAIN_DOTS) for dot in _DOT_RE.finditer(host)]
    ends = [start for start, _, _ in dots[1:]] + [len(host)]
    tlds = _tlds()
    for (_, start, spelt), end in zip(reversed(dots), reversed(ends), strict=True):
        if _clean(host[start:end]).lower() in (_SPELT_TLDS if spelt else tlds):
            return host[:end], end == len(host)
    return "", False


def _is_prose(domain: str, written: str) -> bool:
    """`see you.now go` and `好的。ok`: a missing space after a full stop, not a domain."""
    labels = domain.lower().split(".")
    if len(labels) != 2:
        return False
    first, last = labels
    if "。" in written and first in _COMMON_WORDS:
        return True
    return last in _WORDLIKE_TLDS and (
        first in _COMMON_WORDS or first.isdigit() or written[-len(last) :][0].isupper()
    )


def _clean(host: str) -> str:
    """A host as it will be looked up: dots undone, invisible characters out, full-width letters plain."""
    plain = _DOT_RE.sub(".", host)
    if plain.isascii():
        return plain
    return unicodedata.normalize("NFKC", _HIDDEN_RE.sub("", plain))


_CLOSERS = {")": "(", "]": "[", "}": "{"}


def _trim(shown: str) -> str:
    """Without the punctuation of the sentence around it; closing brackets stay when they were opened
    inside.
    """
    while shown:
        last = shown[-1]
        if last in ".,;:!?'*_~，。！？；：、）】》」』…|" or (
            last in _CLOSERS and shown.count(last) > shown.count(_CLOSERS[last])
        ):
            shown = shown[:-1]
        else:
            break
    return shown


@lru_cache(maxsize=1)
def _tlds() -> frozenset[str]:
    import tldextract  # reads its snapshot: only when the first dot is met

    extractor = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return frozenset(tld.lower() for tld in extractor.tlds if "." not in tld)
