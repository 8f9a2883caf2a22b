"""WHO: people and brands somebody pretends to be, in sender names and in domain names.

Names are compared by skeleton: canonical letters with look-alike signs folded, so that "Аdmin_0lga" and
"admin olga" meet. Fuzzy comparison is for newcomers only, because two honest members may well have similar
names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import fuzz, process

from guildhall.core.text import Text
from guildhall.guard import domains, lookalikes
from guildhall.guard.alphabets import TO_LATIN
from guildhall.guard.canonical import canonical
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.source import load_data
from guildhall.guard.types import NameIndex, Protected, Reason

RULES = by_id(
    Rule(
        "WHO-1",
        680,
        Text(
            'The sender\'s name "{name}" imitates the staff name "{staff}".',
            "发送者名称“{name}”仿冒工作人员“{staff}”。",
        ),
        "impersonation of administrators",
    ),
    Rule(
        "WHO-2",
        620,
        Text('The sender\'s name "{name}" poses as {brand}.', "发送者名称“{name}”冒充 {brand}。"),
        "impersonation of exchanges and wallets",
    ),
    Rule(
        "WHO-3",
        380,
        Text(
            'A newcomer uses the name "{name}", as if they were staff.',
            "新成员自称“{name}”，仿佛是工作人员。",
        ),
        "impersonation of administrators",
    ),
    Rule(
        "WHO-4",
        640,
        Text("The sender's picture copies that of {staff}.", "发送者头像与 {staff} 的头像相同。"),
        "impersonation by picture: perceptual hash of staff's own pictures",
    ),
    Rule(
        "WHO-5",
        480,
        Text("The sender's bio claims to be {claim}.", "发送者简介自称“{claim}”。"),
        "impersonation of support in profile texts",
    ),
)

_JUNK = re.compile(r"[\W_]+")
_SIGNS = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "$": "s", "@": "a", "|": "l"})
_ROLE = re.compile(
    r"\b(?:admin\w{0,9}|moderator|mod|support|helpdesk|customer service|customer care|official|assistance"
    r"|service desk|manager|ceo|founder)\b"
    r"|官方|客服|管理员|群主|版主|助理|创始人|工作人员|поддержка|админ\w*|модератор"
)
_LURE_JOINT = re.compile(r"[\-.]")
_DOUBTFUL = 460


@dataclass(frozen=True, slots=True)
class Likeness:
    """A domain that imitates a brand, and the LINK rule that says how."""

    rule: str
    brand: Protected
    weight: int | None = None
    """Other than the rule's own, where the likeness is a looser one."""


@lru_cache(maxsize=8192)
def skeleton(name: str) -> str:
    """What a name looks like: canonical Latin-folded letters without blanks and signs."""
    folded = canonical(name[:200]).text.translate(TO_LATIN).translate(_SIGNS)
    return _JUNK.sub("", folded).replace("rn", "m").replace("vv", "w")


def index(entries: Iterable[Protected]) -> NameIndex:
    """Protected names compiled for look-up; names of fewer than three letters are passed over."""
    brands: dict[str, Protected] = {}
    people: dict[str, Protected] = {}
    real: set[str] = set()
    for entry in entries:
        key = skeleton(entry.name)
        if _length(key) >= 3:
            (brands if entry.kind == "brand" else people)[key] = entry
        real.update(domain.lower() for domain in entry.domains)
        if entry.kind == "brand":
            for domain in entry.domains:
                label = skeleton(domains.take_apart(domain).label)
                if len(label) >= 5 and not entry.common and label not in _ordinary_words():
                    brands.setdefault(label, entry)
    return NameIndex(brands, people, frozenset(real))


@lru_cache(maxsize=1)
def shipped_brands() -> tuple[Protected, ...]:
    """`brands.yaml`: names borrowed by thieves everywhere."""
    rows = load_data(files("guildhall.guard").joinpath("rules/brands.yaml").read_text(encoding="utf-8"))
    return tuple(
        Protected(row["name"], "brand", tuple(row["domains"]), bool(row.get("common", False))) for row in rows
    )


def find(evidence: Evidence) -> list[Reason]:
    subject = evidence.subject
    if subject.sender_is_staff or not (subject.sender_name or subject.sender_username):
        return []
    out = [pictured(evidence.context.sender.looks_like)] if evidence.context.sender.looks_like else []
    for names in (evidence.policy.names, evidence.context.lists.names):
        found = _posed(subject.sender_name[:100], subject.sender_username[:100], evidence.is_newcomer, names)
        if found is not None:
            return [*out, found]
    if evidence.is_newcomer and (title := titled(subject.sender_name)):
        out.append(title)
    return out


def posed(name: str, username: str, index: NameIndex) -> Reason | None:
    """Whom of the protected somebody's names imitate, looked at as strictly as a newcomer's."""
    return _posed(name[:100], username[:100], True, index)


@lru_cache(maxsize=8192)
def titled(name: str) -> Reason | None:
    """A name that sounds like staff without naming anybody."""
    return reason(RULES["WHO-3"], name=name) if _ROLE.search(canonical(name[:100]).text) else None


def pictured(whose: str) -> Reason:
    """A picture that is another's."""
    return reason(RULES["WHO-4"], staff=whose)


def claimed(bio: str, index: NameIndex) -> Reason | None:
    """A bio that claims an office: a title beside a protected name, such as "official support of OKX"."""
    plain = canonical(bio[:500]).text
    role = _ROLE.search(plain)
    if role is None:
        return None
    words = {skeleton(word) for word in plain.split()[:80]}
    for key, owner in (*index.brands.items(), *index.people.items()):
        if not owner.common and (key in words or (len(key) >= 6 and key in skeleton(plain))):
            start = max(0, role.start() - 20)
            return reason(RULES["WHO-5"], claim=plain[start : role.end() + 30].strip())
    return None


@lru_cache(maxsize=8192)
def _posed(name: str, username: str, is_newcomer: bool, names: NameIndex) -> Reason | None:
    shapes = [shape for shape in (skeleton(name), skeleton(username)) if _length(shape) >= 3]
    plain = canonical(name).text
    for shape in shapes:
        person = names.people.get(shape)
        if person is not None and (
            _length(shape) >= 7 or " " in person.name.strip() or _is_disguised(name, person.name)
        ):
            return reason(RULES["WHO-1"], name=name or username, staff=person.name)
    has_title = bool(_ROLE.search(plain) or any(_ROLE.search(shape) for shape in shapes))
    if has_title:
        words = {skeleton(word) for word in plain.split()[:8]}
        for key, brand in names.brands.items():
            if key in words or (len(key) >= 4 and not brand.common and any(key in shape for shape in shapes)):
                return reason(RULES["WHO-2"], name=name or username, brand=brand.name)
        for key, person in names.people.items():
            if _length(key) >= 4 and any(key in shape for shape in shapes):
                return reason(RULES["WHO-1"], name=name or username, staff=person.name)
    if is_newcomer and names.people:
        for shape in shapes:
            close = process.extractOne(shape, names.people.keys(), scorer=fuzz.ratio, score_cutoff=90)
            if close is not None and _length(close[0]) >= 7:
                return reason(
                    RULES["WHO-1"], weight=560, name=name or username, staff=names.people[close[0]].name
                )
    return None


def _length(shape: str) -> int:
    """How long a name is in letters; a Chinese character says as much as three."""
    return len(shape) + 2 * sum("\u3400" <= char <= "\u9fff" for char in shape)


def _is_disguised(name: str, real: str) -> bool:
    """Same look, other code points: nobody writes their own short name that way by accident."""
    return canonical(name).text != canonical(real).text or not (name.isascii() or not real.isascii())


def likeness(host: str, domain: str, names: NameIndex) -> Likeness | None:
    """How a domain imitates a protected brand, if it does. `host` may be Unicode; `domain` is its
    registrable domain.
    """
    if not names.brands or domain in names.domains:
        return None
    return _likeness(host, domain, names)


@lru_cache(maxsize=8192)
def _likeness(host: str, domain: str, names: NameIndex) -> Likeness | None:
    brands = names.brands
    label = _label(host, domain)
    shape = skeleton(label)
    exact = brands.get(shape)
    if exact is not None:
        written = canonical(label).text == label
        if not written or label.replace("-", "") != _JUNK.sub("", exact.name.lower()):
            return Likeness("LINK-2", exact)
        return None if exact.common else Likeness("LINK-9", exact)
    subdomain = host[: -len(domain)].strip(".") if host.endswith(domain) else ""
    real = _real_inside(subdomain, names)
    if real:
        return Likeness("LINK-2", _owner(real, brands))
    lured = _brand_and_lure(label, subdomain, domain.partition(".")[2], brands)
    if lured is not None:
        return Likeness("LINK-3", lured)
    if shape in _ordinary_words():
        return None
    closest = _close(names).nearest(shape) if len(shape) >= 6 else None
    if closest is not None:
        brand, distance = brands[closest[0]], closest[1]
        near_enough = not brand.common or shape[:2] == closest[0][:2]
        if distance == 1 and near_enough and lookalikes.is_slip(shape, closest[0]):
            return Likeness("LINK-2", brand)
        if not brand.common and shape[0] == closest[0][0]:
            return Likeness("LINK-2", brand, _DOUBTFUL)
    inside = lookalikes.carried(shape, _distinctive(names), 6)
    return Likeness("LINK-9", brands[inside]) if inside else None


def _real_inside(subdomain: str, names: NameIndex) -> str:
    """A brand's real domain written in front of another one (`binance.com.secure-login.top`), or ''."""
    if "." not in subdomain:
        return ""
    labels = subdomain.split(".")
    for start in (0, *range(1, len(labels))):
        for end in range(start + 2, len(labels) + 1):
            if (start == 0 or end == len(labels)) and ".".join(labels[start:end]) in names.domains:
                return ".".join(labels[start:end])
    return ""


@lru_cache(maxsize=8)
def _close(names: NameIndex) -> lookalikes.Close:
    """Brands worth a close look: distinctive ones, and everyday words that are long enough."""
    return lookalikes.Close(
        key
        for key, brand in names.brands.items()
        if len(key) >= (7 if brand.common else 6) and key[:3] == skeleton(brand.name)[:3]
    )


@lru_cache(maxsize=8)
def _distinctive(names: NameIndex) -> frozenset[str]:
    """Names that may stand anywhere in another; the label of a second domain only when it is long."""
    return frozenset(
        key
        for key, brand in names.brands.items()
        if not brand.common and len(key) >= (6 if key[:3] == skeleton(brand.name)[:3] else 8)
    )


@lru_cache(maxsize=1)
def _ordinary_words() -> frozenset[str]:
    """Everyday words, which look like nobody's name."""
    text = files("guildhall.guard").joinpath("domain_model/vocabulary.yaml").read_text(encoding="utf-8")
    words = load_data(text)
    return frozenset(word for kind in ("trade", "tech", "everyday", "person") for word in words[kind].split())


def _brand_and_lure(
    label: str, subdomain: str, suffix: str, brands: Mapping[str, Protected]
) -> Protected | None:
    """The brand when the name is put together from it and a word that lures (`claim-arbitrum`,
    `uniswapairdrop`).
    """
    known = domains.known()
    lures = known["lures"]
    strong = lures if suffix in known["cheap_endings"] else lures - known["everyday_lures"]
    parts = [part for part in _LURE_JOINT.split(f"{label}.{subdomain}") if part]
    shapes = [skeleton(part) for part in parts]
    if len(shapes) > 1 and any(part in lures for part in parts):
        for shape in shapes:
            brand = brands.get(shape)
            if brand is not None and (not brand.common or any(part in strong for part in parts)):
                return brand
    joined = skeleton(label)
    for size in range(len(joined) - 2, 4, -1):
        for start in (0, len(joined) - size):
            brand = brands.get(joined[start : start + size])
            if brand is None or (brand.common and size < 6):
                continue
            rest = joined[size:] if start == 0 else joined[:start]
            if rest in (strong if brand.common else lures):
                return brand
    return _between_lures(joined, brands, strong)


def _between_lures(joined: str, brands: Mapping[str, Protected], lures: frozenset[str]) -> Protected | None:
    """The brand that stands between two lures (`claimarbitrumairdrop`)."""
    for start in range(3, len(joined) - 7):
        if joined[:start] not in lures:
            continue
        for end in range(start + 5, len(joined) - 2):
            brand = brands.get(joined[start:end])
            if brand is not None and not brand.common and joined[end:] in lures:
                return brand
    return None


def _label(host: str, domain: str) -> str:
    """The registrable label as people read it (Unicode when the host is)."""
    if host.isascii():
        return domain.partition(".")[0]
    parts = host.split(".")
    depth = domain.count(".") + 1
    return parts[-depth] if len(parts) >= depth else parts[0]


def _owner(real: str, brands: Mapping[str, Protected]) -> Protected:
    return next(brand for brand in brands.values() if real in brand.domains)


def mixes_alphabets(host: str) -> bool:
    """A label with letters of more than one alphabet."""
    return any(bool(canonical(label).borrowed) for label in host.split("."))
