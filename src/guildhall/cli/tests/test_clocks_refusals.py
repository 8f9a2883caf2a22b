"""Rule CLK-14 of docs/clocks.md: what the command refuses, in one line that names the place, writing nothing;
and what it takes although it looks odd.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guildhall.cli.tests.clocks_command import Desk, command
from guildhall.desk.tests.clock_cases import line, policy

TERMS = policy(("resolution", "*", 3600, "always"))
OPENED = line("10:00:00", "opened", "normal")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([line("10:00:00", "agent_reply")], "line 1: type: agent_reply comes before the ticket was opened"),
        ([OPENED, line("10:01:00", "opened")], "line 2: type: the ticket was opened before"),
        ([OPENED, line("10:01:00", "snoozed")], "line 2: type: 'snoozed' is not one of opened"),
        ([OPENED, line("10:01:00", "status", "on hold")], "line 2: to: 'on hold' is not one of open"),
        ([OPENED, line("09:59:59", "agent_reply")], "line 2: at: goes back within the ticket"),
        ([OPENED, line("2026-03-02T17:59:59+08:00", "agent_reply")], "line 2: at: goes back"),
        ([OPENED, line("10:01:00", "merged"), line("10:00:30", "agent_reply")], "line 3: at: goes back"),
        ([OPENED, line("10:01:00", "merged"), line("10:02:00", "opened")], "line 3: type: the ticket was opened"),
        ([OPENED, line("10:01:00", "merged"), line("10:02:00", "status", "x")], "line 3: to: 'x' is not one"),
        ([{**OPENED, "at": "2026-03-02T10:00:00"}], "line 1: at: '2026-03-02T10:00:00' has no offset"),
        ([{**OPENED, "at": "2026-03-02T10:00:00.5Z"}], "has a fraction of a second"),
        ([{**OPENED, "at": "2026-03-02T10:00:00.000Z"}], "has a fraction of a second"),
        ([{**OPENED, "at": "2026-03-02T10:00:60Z"}], "is a leap second"),
        ([{**OPENED, "at": "2026-02-29T10:00:00Z"}], "is no such date and time"),
        ([{**OPENED, "at": "2026-03-02T24:00:00Z"}], "is no such date and time"),
        ([{**OPENED, "at": "2026-03-02T10:00:00+24:00"}], "has an offset that does not exist"),
        ([{**OPENED, "at": "2026-03-02T10:00:00+0800"}], "is not an RFC 3339 time"),
        ([{**OPENED, "at": "2026-03-02"}], "is not an RFC 3339 time"),
        ([{**OPENED, "at": 1772445600}], "at: 1772445600 is not an RFC 3339 time"),
        ([{**OPENED, "at": "9999-12-31T23:00:00-05:00"}], "is outside the years 1 to 9999"),
        ([{"ticket": "t", "at": OPENED["at"], "type": "opened"}], "line 1: priority: is missing"),
        ([{"ticket": "t", "at": OPENED["at"]}], "line 1: type: is missing"),
        ([{"at": OPENED["at"], "type": "opened", "priority": "x"}], "line 1: ticket: is missing"),
        ([{**OPENED, "ticket": True}], "line 1: ticket: True is not a word"),
        ([{**OPENED, "priority": ["x"]}], "line 1: priority: ['x'] is not a word"),
        ([OPENED, {**line("10:01:00", "status"), "to": None}], "line 2: to: is missing"),
        ('{"ticket":"t",\n', "line 1: is not JSON"),
        ("[]\n", "line 1: is not an object"),
        ('{"ticket":"t","ticket":"u"}\n', "'ticket' stands twice in one object"),
        ('{"ticket":NaN}\n', "NaN is not a number of JSON"),
        (b"\n\xff\xfe\n", "line 2: is not UTF-8"),
        ("[" * 100_000, "line 1: is not JSON"),
    ],
)  # fmt: skip
def test_clk_14_wrong_events_are_refused_with_their_line(desk: Desk, lines: Any, said: str) -> None:
    assert f"events.jsonl {said}" in (told := desk.refusal(TERMS, lines)) or said in told


def target(**changed: Any) -> dict[str, Any]:
    one = {"metric": "resolution", "priority": "*", "seconds": 60, "calendar": "office", **changed}
    return {**TERMS, "targets": [one]}


def hours(**changed: Any) -> dict[str, Any]:
    return {"calendars": {"c": {"tz": "UTC", "weekly": {}, "holidays": [], **changed}}}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (target(calendar="night"), "targets[0].calendar: there is no calendar 'night'"),
        (target(calendar=None), "targets[0].calendar: there is no calendar None"),
        (target(metric="update"), "targets[0].metric: 'update' is not one of"),
        (target(priority=None), "targets[0].priority: None"),
        (target(seconds=3600.0), "targets[0].seconds: 3600.0 is not a whole number"),
        (target(seconds=True), "targets[0].seconds: True is not a whole number"),
        (target(seconds="60"), "targets[0].seconds: '60' is not a whole number"),
        (target(seconds=-1), "targets[0].seconds: -1 is not a whole number"),
        ({**TERMS, "targets": TERMS["targets"] * 2}, "targets[1]: a second target for resolution and priority '*'"),
        ({"calendars": {"always": {"tz": "UTC", "weekly": {}}}}, "calendars.always: this name is taken"),
        (hours(tz="Mars/Base"), "calendars.c.tz: there is no time zone 'Mars/Base'"),
        (hours(tz="../../etc/passwd"), "calendars.c.tz: there is no time zone"),
        (hours(tz="America"), "calendars.c.tz: there is no time zone"),
        (hours(tz=None), "calendars.c.tz: None is no name of a time zone"),
        (hours(weekly={"monday": []}), "calendars.c.weekly: 'monday' is not one of mon"),
        (hours(weekly={"mon": ["09:00", "17:00"]}), "calendars.c.weekly.mon[0]: '09:00' is not a list"),
        (hours(weekly={"mon": [["09:00"]]}), "calendars.c.weekly.mon[0]: a window is a start and an end"),
        (hours(weekly={"mon": [["9:00", "17:00"]]}), "calendars.c.weekly.mon[0][0]: '9:00' is not a time"),
        (hours(weekly={"mon": [["24:00", "02:00"]]}), "calendars.c.weekly.mon[0][0]: '24:00' is not a time"),
        (hours(weekly={"mon": [["09:00", "24:01"]]}), "calendars.c.weekly.mon[0][1]: '24:01' is not a time"),
        (hours(holidays=["2026-02-30"]), "calendars.c.holidays[0]: there is no day '2026-02-30'"),
        (hours(holidays=["20260101"]), "calendars.c.holidays[0]: '20260101' is not a date"),
        ({"pause": {"resolution": ["waiting"]}}, "pause.resolution[0]: 'waiting' is not one of open"),
        ({"pause": {"resolution": "pending"}}, "pause.resolution: 'pending' is not a list"),
        ({"pause": {"resoluton": []}}, "pause: 'resoluton' is not one of first_response"),
        ({"targets": {}}, "targets: {} is not a list"),
        ([], "policy: [] is not an object"),
        ("", "is not JSON"),
        ('{"calendars":{"c":1,"c":2}}', "'c' stands twice in one object"),
    ],
)  # fmt: skip
def test_clk_14_a_wrong_policy_is_refused_with_its_field(desk: Desk, terms: Any, said: str) -> None:
    assert f"policy.json: {said}" in (told := desk.refusal(terms, [OPENED])) or said in told


def test_clk_14_no_events_are_an_empty_file(desk: Desk) -> None:
    for nothing in (b"", b"\n \r\n", b"\xef\xbb\xbf"):
        assert desk.run(TERMS, nothing) == (0, "")
        assert desk.out.read_bytes() == b""


def test_clk_14_a_refusal_leaves_an_older_file_as_it_was(desk: Desk) -> None:
    desk.out.write_text("older\n")
    status, _said = desk.run(TERMS, [OPENED, OPENED])
    assert (status, desk.out.read_text()) == (1, "older\n")


def test_files_that_cannot_be_read_or_written_are_named(desk: Desk, tmp_path: Path) -> None:
    desk.run(TERMS, [OPENED])
    missing = tmp_path / "missing"
    for args in (
        (missing, desk.events, desk.out),
        (desk.policy, missing, desk.out),
        (desk.policy, tmp_path, desk.out),
    ):
        status, said = command(*args)
        assert (status, said.count("\n"), "cannot be read" in said) == (1, 1, True)
    status, said = command(desk.policy, desk.events, tmp_path)
    assert (status, "cannot be written" in said) == (1, True)
    status, said = command(desk.policy, desk.events, desk.events)
    assert (status, "cannot be written over" in said) == (1, True)
    assert json.loads(desk.events.read_text()) == OPENED


def test_a_byte_order_mark_blank_lines_and_other_line_ends_are_passed_over(desk: Desk) -> None:
    body = (
        b"\xef\xbb\xbf"
        + json.dumps(OPENED).encode()
        + b"\r\n\r\n  \n"
        + json.dumps(line("10:30:00", "status", "solved")).encode()
    )
    assert [row["elapsed_seconds"] for row in desk.rows(TERMS, body)] == [0, 1800]


def test_what_no_rule_reads_is_passed_over(desk: Desk) -> None:
    odd = {**TERMS, "warn": [75], "targets": [{**TERMS["targets"][0], "why": "because"}]}
    rows = desk.rows(odd, [{**OPENED, "to": 7, "note": "x"}, {**line("10:10:00", "agent_reply"), "to": 9}])
    assert rows[0]["state"] == "met"


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-02t10:00:00z",
        "2026-03-02T10:00:00-00:00",
        "2026-03-02T18:00:00+08:00",
        "2026-03-01T10:01:00-23:59",
    ],
)
def test_times_are_taken_in_every_way_rfc_3339_writes_whole_seconds(desk: Desk, at: str) -> None:
    assert desk.rows(TERMS, [{**OPENED, "at": at}])[0]["started_at"] == "2026-03-02T10:00:00Z"


def test_a_line_separator_inside_a_word_does_not_end_a_line(desk: Desk) -> None:
    raw = json.dumps({**OPENED, "ticket": "a\u2028b 中"}, ensure_ascii=False)
    assert desk.rows(TERMS, raw)[0]["ticket"] == "a\u2028b 中"


def test_tickets_numbered_and_named_alike_are_two(desk: Desk) -> None:
    rows = desk.rows(TERMS, [{**OPENED, "ticket": 1}, {**OPENED, "ticket": "1"}])
    assert [row["ticket"] for row in rows] == [1, 1, "1", "1"]


def test_the_file_is_made_where_its_folder_is_not_yet(desk: Desk, tmp_path: Path) -> None:
    desk.run(TERMS, [OPENED])
    out = tmp_path / "new" / "clocks.jsonl"
    assert command(desk.policy, desk.events, out)[0] == 0
    assert out.read_text() == desk.out.read_text()
