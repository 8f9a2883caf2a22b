"""Ban lists and rules of other bots are recognised by their content, good rows kept, bad rows put aside whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.guard import policy
from guildhall.guard.policy import shipped_source
from guildhall.guard.types import Measure, Step
from guildhall.intake.importing import detecting, drafting, values
from guildhall.intake.importing.records import FloodLimit


def test_a_federation_export_as_json_lines_keeps_good_rows_and_names_the_bad() -> None:
    lines = [
        '{"user_id": 1234567, "first_name": "Ann", "last_name": "None", "user_name": "ann_x", "reason": "scam"}',
        '{"user_id": "abc", "first_name": "Broken"}',
        "not json",
        '{"user_id": 7654321, "first_name": "李四", "last_name": null, "user_name": null, "reason": "骗子，冒充客服"}',
        '{"user_id": 1234567, "first_name": "Ann again"}',
    ]
    found = detecting.read_bans("\n".join(lines).encode())
    assert found.format.key == "rose-fed-json"
    assert [(ban.external_id, ban.name, ban.reason) for ban in found.bans] == [
        ("1234567", "Ann", "scam"),
        ("7654321", "李四", "骗子，冒充客服"),
    ]
    assert [(row.row, row.field, row.raw) for row in found.bad] == [
        (2, "user_id", lines[1]),
        (3, "", lines[2]),
    ]
    assert all(row.reason.en and row.reason.zh for row in found.bad)
    assert found.repeated == 1


def test_the_same_export_as_csv_and_as_text_for_people() -> None:
    table = (
        'id,firstname,lastname,username,reason\n1234567,Ann,None,ann_x,"scam, in DM"\n7654321,李四,,,骗子\n'
    )
    found = detecting.read_bans(table.encode())
    assert (found.format.key, [ban.reason for ban in found.bans]) == ("rose-fed-csv", ["scam, in DM", "骗子"])
    text = "2 users are banned in Good Traders:\n • Ann (1234567)\n • 李四 (7654321): 骗子\n"
    found = detecting.read_bans(text.encode())
    assert found.format.key == "rose-fed-text"
    assert [(ban.external_id, ban.name, ban.reason) for ban in found.bans] == [
        ("1234567", "Ann", ""),
        ("7654321", "李四", "骗子"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        "用户ID;用户名;原因;到期时间\n1234567;ann;刷屏;2030年1月2日 03:04\n",
        "user_id\tusername\treason\tuntil\n1234567\t@ann\t刷屏\t2030-01-02T03:04:00Z\n",
        '"User Id","Username","Ban Reason","Expires"\n1234567,ann,刷屏,1893553440\n',
        "1234567,ann,刷屏,2030/1/2 03:04\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_is_read_whatever_its_language_delimiter_and_encoding(table: str, encoding: str) -> None:
    (ban,) = detecting.read_bans(table.encode(encoding)).bans
    assert (ban.external_id, ban.username, ban.reason) == ("1234567", "ann", "刷屏")
    assert ban.until == datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


def test_a_list_of_ids_and_a_ban_list_of_discord() -> None:
    found = detecting.read_bans(b"1234567\n7654321\n")
    assert (found.format.key, len(found.bans)) == ("combot-ids", 2)
    discord = [
        {"reason": "raid", "user": {"id": "80351110224678912", "username": "nelly", "global_name": "Nelly"}},
        {"reason": None, "user": {"id": "80351110224678913", "username": "bad"}},
        "what",
    ]
    found = detecting.read_bans(json.dumps(discord).encode())
    assert (found.format.platform, [ban.name for ban in found.bans], len(found.bad)) == (
        "discord",
        ["Nelly", "bad"],
        1,
    )


def test_a_row_with_only_a_username_is_kept_and_one_with_nothing_is_not() -> None:
    found = detecting.read_bans(b"user_id,username\n,scam_king\n,\n0,\n")
    assert [(ban.external_id, ban.username) for ban in found.bans] == [("", "scam_king")]
    assert [row.row for row in found.bad] == [4]


@pytest.mark.parametrize(
    "data",
    [b"", b"hello world\nthis is prose\n", b"PK\x03\x04whatever", b"\x1f\x8b\x08", b"\x89PNG\r\n\x1a\n\x00\x00", b"{}", b"[]", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe\x00", "标题，内容".encode()],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_both_languages(data: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        detecting.read_bans(data)
    assert refused.value.text.en
    assert refused.value.text.zh


def test_a_line_of_megabytes_is_put_aside_and_the_others_are_kept() -> None:
    data = b"user_id,reason\n1234567,fine\n" + b"9" * 3_000_000 + b"\n7654321,fine\n"
    found = detecting.read_bans(data)
    assert [ban.external_id for ban in found.bans] == ["1234567", "7654321"]
    assert len(found.bad) == 1


@given(
    st.lists(
        st.tuples(st.integers(1, 10**15), st.text(max_size=40)),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[0],
    )
)
def test_every_readable_row_of_any_table_comes_through(rows: list[tuple[int, str]]) -> None:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["user_id", "reason"])
    for number, reason in rows:
        writer.writerow([number, reason.replace("\x00", "").replace("\r", " ").replace("\n", " ")])
    data = out.getvalue().encode("utf-8", "replace")
    found = detecting.read_bans(data)
    assert [ban.external_id for ban in found.bans] == [str(number) for number, _ in rows]


@given(st.binary(max_size=400))
def test_no_bytes_at_all_break_the_readers(data: bytes) -> None:
    for read in (detecting.read_bans, detecting.read_rules):
        try:
            read(data)
        except BadInput:
            pass


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda v: st.lists(v, max_size=4) | st.dictionaries(st.sampled_from(["data", "blocklists", "filters", "locks", "warns", "warn_limit", "action", "rules", "antiflood", "flood_limit", "bans", "user", "user_id", "id", "banned_words", "stop_words", "warns", "flood"]), v, max_size=5), max_leaves=25))  # fmt: skip
def test_no_json_at_all_breaks_the_readers(value: object) -> None:
    data = json.dumps(value).encode("utf-8", "replace")
    for read in (detecting.read_bans, detecting.read_rules):
        try:
            read(data)
        except BadInput:
            pass


ROSE = {
    "bot_id": 609517172,
    "version": 2,
    "data": {
        "antiflood": {"action": "mute", "flood_limit": 6, "flood_timer": 10, "flood_timer_limit": 4},
        "blocklists": {
            "action": "warn",
            "filters": [
                {"name": "*.evil-airdrop.com", "reason": ""},
                {"name": "https://fake-okx.net/", "reason": "假冒 {ban}"},
                {"name": "t.me/*", "reason": ""},
                {"name": "刷单", "reason": ""},
                {"name": ""},
            ],
        },
        "locks": {"allowlisted_url": [{"url": "okx.com"}], "locks": {"url": {"locked": True}, "gif": {"locked": False}}},
        "warns": {"action": "tmute", "action_duration": 3600 * 10**9, "warn_for": 7 * 86400, "warn_limit": 3},
        "rules": {"content": "请友善交流，禁止广告。"},
        "notes": {"notes": [{"name": "fees", "text": "…"}]},
    },
}  # fmt: skip


def test_an_export_of_a_group_becomes_a_draft_that_says_what_was_left_out() -> None:
    rules = detecting.read_rules(json.dumps(ROSE).encode())
    assert rules.block_domains == ("evil-airdrop.com", "fake-okx.net")
    assert rules.allow_domains == ("okx.com",)
    assert rules.words == ("t.me/*", "刷单")
    assert rules.flood == FloodLimit(4, 10)
    assert rules.ladder == (Step(1, Measure.WARN), Step(3, Measure.RESTRICT, 3600))
    assert rules.strikes_last_days == 7
    assert len(rules.bad) == 1
    draft = drafting.draft(rules, shipped_source("default"))
    parsed = policy.parse(draft.source, slug="x")
    assert parsed.block_domains == frozenset(rules.block_domains)
    assert (parsed.ladder, parsed.strikes_last_days, parsed.flood.messages) == (rules.ladder, 7, 4)
    assert parsed.thresholds == policy.shipped("default").thresholds
    assert [(word.text, word.kind) for word in parsed.words] == [("t.me/*", "glob"), ("刷单", "word")]
    assert [item.kind for item in parsed.forbid] == ["links"]
    carried = " ".join(text.en for text in draft.carried)
    assert "blocked words: 2" in carried
    assert "links" in carried
    assert "notes (1)" in " ".join(text.en for text in draft.left)
    assert all(text.zh for text in (*draft.left, *draft.carried))


def test_a_long_block_list_moves_in_whole_and_is_not_doubled_by_a_second_import() -> None:
    names = [
        *(f"坏词{number}号" for number in range(1500)),
        *(f"free*coin{number}" for number in range(1500)),
    ]
    rose = {"version": 2, "data": {"blocklists": {"filters": [{"name": name} for name in names]}}}
    rules = detecting.read_rules(json.dumps(rose).encode())
    draft = drafting.draft(rules, shipped_source("default"))
    parsed = policy.parse(draft.source, slug="x")
    assert [word.text for word in parsed.words] == names
    assert draft.left == ()
    assert [found.word.text for found in parsed.vocabulary.find("so viel 坏词77号, freebitcoin12!")] == [
        "坏词77号",
        "free*coin12",
    ]
    again = drafting.draft(rules, draft.source)
    assert again.carried == ()


def test_entries_of_rose_that_say_where_become_expressions_and_those_about_files_are_named() -> None:
    filters = ["exact:gm (all)", "prefix:!join", "lookalike:rose", "file:*.apk", "sticker:abc", "12:30"]
    locks = {"forward": {"locked": True}, "rtl": True, "cjk": {"locked": False}, "spoiler": {"locked": True}}
    rose = {
        "data": {"blocklists": {"filters": [{"name": name} for name in filters]}, "locks": {"locks": locks}}
    }
    draft = drafting.draft(detecting.read_rules(json.dumps(rose).encode()), shipped_source("default"))
    parsed = policy.parse(draft.source, slug="x")
    assert [(word.kind, word.text) for word in parsed.words] == [
        ("word", "rose"),
        ("word", "12:30"),
        ("pattern", r"^gm\ \(all\)$"),
        ("pattern", r"^\!join"),
    ]
    assert [(item.kind, item.scripts) for item in parsed.forbid] == [
        ("forwards", ()),
        ("scripts", ("arabic", "hebrew")),
    ]
    left = " ".join(text.en for text in draft.left)
    assert "file:*.apk" in left
    assert "spoiler" in left


def test_a_plain_list_and_the_settings_of_others_are_read_too() -> None:
    rules = detecting.read_rules("# ours\nevil.example.com\n刷单\n".encode("gb18030"))
    assert (rules.block_domains, rules.words) == (("evil.example.com",), ("刷单",))
    rules = detecting.read_rules(
        json.dumps({"banned_words": "rug, 骗", "banned_links": ["evil.com"]}).encode()
    )
    assert (rules.format.key, rules.block_domains, rules.words) == ("mee6", ("evil.com",), ("rug", "骗"))
    rules = detecting.read_rules(
        json.dumps({"warns": {"limit": 3, "action": "ban", "expire": "30d"}, "stop_words": ["x"]}).encode()
    )
    assert (rules.format.key, rules.strikes_last_days, rules.ladder[-1]) == (
        "combot",
        30,
        Step(3, Measure.BAN),
    )


@pytest.mark.parametrize("shared", ["t.me", "github.io", "https://youtube.com/", "http://t.me/scam"])
def test_a_domain_where_everybody_publishes_is_never_blocked_whole(shared: str) -> None:
    assert detecting.read_rules(f"{shared}\nevil.com".encode()).block_domains == ("evil.com",)


def test_times_and_lengths_as_other_programs_write_them() -> None:
    at = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
    for written in (
        "2024-03-01T12:00:00Z",
        "2024-03-01 12:00",
        "1709294400",
        "1709294400000",
        "2024年3月1日 12:00",
        "2024/3/1 12:00",
        "01.03.2024 12:00",
    ):
        assert values.moment(written) == at, written
    assert [values.moment(x) for x in ("", "never", "永久", None, "0", 0)] == [None] * 6
    for wrong in ("yesterday", "2024-13-01", "99999999999999999999"):
        with pytest.raises(ValueError):
            values.moment(wrong)
    assert [values.seconds(x) for x in ("3h", "7d", 90, 5 * 10**9, None)] == [10_800, 604_800, 90, 5, 0]
