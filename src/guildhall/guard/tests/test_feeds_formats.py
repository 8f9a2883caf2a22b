"""Lists that others publish: read in their own formats, believed only while they make sense."""

from __future__ import annotations

import json

import pytest

from guildhall.core.errors import BadInput
from guildhall.guard.feeds import hashes
from guildhall.guard.feeds.formats import Entries, Format, clean, read_domains, read_ids
from guildhall.guard.feeds.index import FedIndex
from guildhall.guard.feeds.taking import take


def test_the_three_well_known_feeds_are_recognised_by_themselves() -> None:
    array = read_domains(json.dumps(["evil-drain.com", "https://www.bad.example.org/x"]).encode())
    assert (array.format, array.names) == (Format.SCAMSNIFFER, ("evil-drain.com", "bad.example.org"))
    polkadot = read_domains(json.dumps({"allow": ["fine.org"], "deny": ["evil-drain.com"]}).encode())
    assert (polkadot.format, polkadot.names, polkadot.allowed) == (
        Format.POLKADOT,
        ("evil-drain.com",),
        ("fine.org",),
    )
    config = {
        "version": 2,
        "tolerance": 1,
        "fuzzylist": ["metamask.io"],
        "whitelist": ["fine.org"],
        "blacklist": ["evil-drain.com", "a.pages.dev"],
    }
    metamask = read_domains(json.dumps(config).encode())
    assert metamask.format is Format.METAMASK
    assert metamask.names == ("evil-drain.com", "a.pages.dev")
    assert metamask.allowed == ("fine.org", "metamask.io")


def test_hosts_files_ad_blocker_lists_and_plain_lines_are_read() -> None:
    lines = b"""# a comment
127.0.0.1 localhost
0.0.0.0 evil-drain.com # why
||bad.example.org^$third-party
@@||fine.org^
*.wild.example.net
https://page.example.com/path
"""
    entries = read_domains(lines)
    assert entries.names == ("evil-drain.com", "bad.example.org", "wild.example.net", "page.example.com")
    assert entries.allowed == ("fine.org",)
    assert entries.unread == 0


@pytest.mark.parametrize(
    "said", ["com", "co.uk", "github.io", "pages.dev", "", "not a domain", None, 7, "localhost"]
)
def test_a_suffix_or_shared_host_by_itself_is_never_an_entry(said: object) -> None:
    assert clean(said) == ""


@pytest.mark.parametrize(
    ("data", "given", "code"),
    [
        (b'["a.example.com"', Format.AUTO, "feed_not_json"),
        (b'{"name": "something else"}', Format.AUTO, "feed_wrong_type"),
        (b'{"allow": [], "deny": ["evil.com"]}', Format.METAMASK, "feed_wrong_type"),
        (b"evil.com\n", Format.POLKADOT, "feed_wrong_type"),
        (b"<html><body>Not found</body></html>\n" * 30, Format.AUTO, "feed_empty"),
        (b"evil.com\n" + b"<p>what is this</p>\n" * 30, Format.AUTO, "feed_rubbish"),
        (b"PK\x03\x04\x00\x00\x00zip", Format.AUTO, "feed_wrong_type"),
        (b"[]", Format.AUTO, "feed_empty"),
        (b"[" * 100_000, Format.AUTO, "feed_not_json"),
    ],
)
def test_what_is_no_such_list_is_refused_in_words(data: bytes, given: Format, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_domains(data, given)
    assert caught.value.code == code
    assert caught.value.text.zh


def test_ids_of_people_come_from_csv_json_and_lines() -> None:
    assert read_ids(b"id,banned_at\n12345,2026-01-01\n67890,2026-01-02\n").names == ("12345", "67890")
    assert read_ids(b'[12345, {"user_id": 67890}]').names == ("12345", "67890")


def _never(domain: str) -> bool:
    return False


def _nobody(domain: str) -> str:
    return ""


def test_a_list_that_lost_more_than_half_over_night_is_not_believed() -> None:
    entries = Entries(Format.LINES, tuple(f"bad{i}.com" for i in range(60)))
    assert len(take(entries, 110, _never, _nobody).names) == 60
    with pytest.raises(BadInput) as caught:
        take(entries, 200, _never, _nobody)
    assert caught.value.code == "feed_shrunk"


def test_what_we_know_to_be_fine_is_left_out_and_a_list_full_of_it_refused() -> None:
    known = {f"honest{i}.com" for i in range(50)}
    few = Entries(Format.LINES, ("bad.com", "honest1.com", "self.com"), allowed=("self.com",))
    taken = take(few, 0, known.__contains__, _nobody)
    assert (taken.names, taken.left_out) == (("bad.com",), 2)
    with pytest.raises(BadInput) as caught:
        take(Entries(Format.LINES, tuple(known)), 0, known.__contains__, _nobody)
    assert caught.value.code == "feed_honest"


def test_a_list_that_vouches_for_a_forgery_we_block_is_refused() -> None:
    entries = Entries(Format.METAMASK, ("bad.com",), allowed=("b1nance.com",))
    with pytest.raises(BadInput) as caught:
        take(entries, 0, _never, {"b1nance.com": "Binance"}.get)  # type: ignore[arg-type]
    assert caught.value.code == "feed_vouches"


def test_a_large_list_is_kept_in_eight_bytes_an_entry_and_answers_exactly() -> None:
    names = [f"drain{i}.example.com" for i in range(20_000)]
    packed = hashes.pack(names)
    assert len(packed) == 8 * len(names)
    assert packed == hashes.pack(reversed(names))
    kept = hashes.Hashes(packed)
    assert all(name in kept for name in names[::97])
    assert not any(f"fine{i}.example.com" in kept for i in range(20_000))
    assert 7 not in kept
    with pytest.raises(BadInput):
        hashes.Hashes(packed[:-3])


def test_the_index_names_the_feed_that_lists_a_domain() -> None:
    index = FedIndex(
        [
            ("One", hashes.Hashes(hashes.pack(["a.com"]))),
            ("Two", hashes.Hashes(hashes.pack(["a.com", "b.com"]))),
        ]
    )
    assert index.named("b.com") == "Two"
    assert index.all_named("a.com") == ["One", "Two"]
    assert index.named("c.com") == ""
