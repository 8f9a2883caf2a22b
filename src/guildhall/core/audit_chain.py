"""The arithmetic of the audit chain: the hash of an entry, the hash of a seal, and what their comparison
proves.

Pure. An entry's leaf is SHA-256 over its canonical JSON; a seal's hash covers its number, count, ends, the
hash of the seal before and the leaves of its entries. Whoever changes one entry must change every later
seal, and the anchors.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

GENESIS = "0" * 64
LEAF_BYTES = 32


class HasLeaf(Protocol):
    """Anything that a seal can be made over."""

    @property
    def id(self) -> str: ...

    def leaf(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """One entry as it stands in the database."""

    id: str
    at: datetime
    actor: str
    verb: str
    subject: str
    data: Mapping[str, Any]

    def leaf(self) -> bytes:
        """32 bytes that no other content has."""
        said = [self.id, self.at.astimezone(UTC).isoformat(), self.actor, self.verb, self.subject, self.data]
        return hashlib.sha256(canonical(said)).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """One seal as it stands in the database; `leaves` are those it was made over, in order of entry id."""

    seq: int
    count: int
    first_id: str
    last_id: str
    prev_hash: str
    hash: str
    leaves: bytes

    def computed_hash(self) -> str:
        """What `hash` must be."""
        head = canonical([self.seq, self.count, self.first_id, self.last_id, self.prev_hash])
        return hashlib.sha256(head + b"\n" + self.leaves).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the audit is not what was sealed. `kind` is a word from below, `where` an entry or a
    seal.
    """

    kind: str
    where: str
    seal: int


CHANGED, MISSING, INSERTED = "changed", "missing", "inserted"
BROKEN_LINK, SEAL_MISSING, TAIL_CUT, REWRITTEN = "broken_link", "seal_missing", "tail_cut", "rewritten"


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def link(seq: int, prev_hash: str, entries: Sequence[HasLeaf]) -> Link:
    """The seal over some entries, given in order of id."""
    leaves = b"".join(entry.leaf() for entry in entries)
    open_link = Link(seq, len(entries), entries[0].id, entries[-1].id, prev_hash, "", leaves)
    return Link(
        seq, len(entries), entries[0].id, entries[-1].id, prev_hash, open_link.computed_hash(), leaves
    )


def breaks_between(before: Link | None, current: Link) -> list[Break]:
    """What is wrong with a seal itself, following the one before it (None for the first)."""
    expected = (before.seq + 1, before.hash) if before else (1, GENESIS)
    found = []
    if current.seq != expected[0]:
        found.append(Break(SEAL_MISSING, f"seal {expected[0]}", expected[0]))
    elif current.prev_hash != expected[1]:
        found.append(Break(BROKEN_LINK, f"seal {current.seq}", current.seq))
    if current.hash != current.computed_hash() or len(current.leaves) != current.count * LEAF_BYTES:
        found.append(Break(BROKEN_LINK, f"seal {current.seq}", current.seq))
    return found


def breaks_within(current: Link, entries: Sequence[HasLeaf]) -> list[Break]:
    """What is wrong with the entries of a seal, given in order of id: changed, missing or inserted ones, by
    name.
    """
    wanted = [current.leaves[i : i + LEAF_BYTES] for i in range(0, len(current.leaves), LEAF_BYTES)]
    got = [entry.leaf() for entry in entries]
    if wanted == got:
        return []
    ids = [entry.id for entry in entries]
    # Entries whose leaf is known keep their order; between two known ones, the rest pair up or stay over.
    place = {leaf: i for i, leaf in enumerate(wanted)}
    known = [(place[leaf], j) for j, leaf in enumerate(got) if leaf in place]
    found: list[Break] = []
    start, begin = 0, 0
    for stop, end in [*known, (len(wanted), len(got))]:
        if stop < start:
            continue
        lost, strange = stop - start, ids[begin:end]
        after = ids[begin - 1] if begin else "the start"
        found += [Break(CHANGED, entry_id, current.seq) for entry_id in strange[:lost]]
        found += [Break(INSERTED, entry_id, current.seq) for entry_id in strange[lost:]]
        if lost > len(strange):
            found.append(Break(MISSING, f"{lost - len(strange)} after {after}", current.seq))
        start, begin = stop + 1, end + 1
    return found
