"""`guildhall guard score`: what somebody judging their own history gets back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guildhall.core.errors import BadInput
from guildhall.guard.commands import scoring

SCAM = "Send your seed phrase to our support, link below"


def scored(
    tmp_path: Path,
    rows: list[Any],
    capsys: pytest.CaptureFixture[str] | None = None,
    only: str = "",
    policy: str = "",
) -> tuple[list[dict[str, Any]], int]:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    source.write_bytes(b"".join(line + b"\n" for line in lines))
    written = None
    if policy:
        written = tmp_path / "own.yaml"
        written.write_text(policy, encoding="utf-8")
    errors = scoring.score(str(source), out, None, written, only)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()], errors


def test_every_row_is_answered_in_order(tmp_path: Path) -> None:
    answers, errors = scored(tmp_path, [{"text": "gm"}, {"text": SCAM}, {"text": ""}])
    assert errors == 0
    assert [answer["action"] for answer in answers] == ["allow", "remove", "allow"]
    scam = answers[1]
    assert 0.75 <= scam["score"] <= 1
    assert {"rule", "spans", "weight"} == set(scam["reasons"][0])
    for reason in scam["reasons"]:
        assert 0 <= reason["weight"] <= 1
        assert all(0 <= start < end <= len(SCAM) for start, end in reason["spans"])


def test_the_last_line_says_how_fast_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored(tmp_path, [{"text": "gm"}] * 3)
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"messages", "cpu_seconds", "per_cpu_second", "p50_ms", "p99_ms", "model"} <= set(summary)
    assert summary["messages"] == 3


def test_the_text_model_can_be_asked_alone(tmp_path: Path) -> None:
    (honest, scam), _ = scored(tmp_path, [{"text": "see you at lunch tomorrow"}, {"text": SCAM}], only="text")
    assert 0 <= honest["score"] < scam["score"] <= 1
    assert all(reason["rule"].startswith("MODEL-") for reason in scam["reasons"])


@pytest.mark.parametrize(
    "row",
    [
        b"not json",
        b"[1, 2]",
        b"\xff\xfe",
        b"",
        {"label": 1},
        {"text": 5},
        {"text": None},
        {"text": "a", "links": "b"},
        {"text": "a", "links": [3]},
        {"text": "a", "at": "yesterday"},
        {"text": "a", "sender": "x", "joined_at": []},
        {"text": "a", "sender": ["x"]},
        b"[" * 100_000,
    ],
)
def test_a_bad_row_is_answered_with_what_is_wrong(tmp_path: Path, row: Any) -> None:
    answers, errors = scored(tmp_path, [{"text": "gm"}, row, {"text": "gn"}])
    assert errors == 1
    assert [sorted(answer) for answer in answers] == [
        ["action", "reasons", "score"],
        ["action", "error", "reasons", "score"],
        ["action", "reasons", "score"],
    ]
    assert answers[1] | {"error": ""} == {"score": None, "action": "review", "reasons": [], "error": ""}


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b",
        "\ud800 seed",
        "x" * 1_000_000,
        "http://a.top " * 10_000,
        "e\u0301" * 50_000,
        "1." * 50_000,
        "\u202e" * 9000,
    ],
    ids=["nul", "surrogate", "megabyte", "links", "marks", "dots", "overrides"],
)
def test_strange_text_is_judged_all_the_same(tmp_path: Path, text: str) -> None:
    answers, errors = scored(tmp_path, [{"text": text}])
    assert errors == 0
    assert answers[0]["action"] in ("allow", "review", "remove", "ban")


def test_a_sender_who_floods_is_seen(tmp_path: Path) -> None:
    rows = [
        {"text": "buy the dip friends, look", "sender": "u1", "space": "s", "at": f"2026-11-23T10:00:{n:02}Z"}
        for n in range(12)
    ]
    answers, _ = scored(tmp_path, rows)
    assert any(reason["rule"].startswith("FLOOD-") for reason in answers[-1]["reasons"])
    assert not any(reason["rule"].startswith("FLOOD-") for reason in answers[0]["reasons"])


def test_nothing_is_concluded_from_an_unknown_sender(tmp_path: Path) -> None:
    (unknown, fresh), _ = scored(
        tmp_path,
        [{"text": "look https://some-page.top/x"}, {"text": "look https://some-page.top/x", "sender": "new"}],
    )
    assert not any(reason["rule"].startswith("NEW-") for reason in unknown["reasons"])
    assert any(reason["rule"].startswith("NEW-") for reason in fresh["reasons"])


def test_links_of_the_row_count(tmp_path: Path) -> None:
    policy = "mode: act\nblock_domains: [evil.top]\n"
    (plain, linked), _ = scored(
        tmp_path,
        [{"text": "read this"}, {"text": "read this", "links": ["https://evil.top/x"]}],
        policy=policy,
    )
    assert plain["action"] == "allow"
    assert linked["action"] == "remove"


def test_a_policy_that_only_reviews_removes_nothing(tmp_path: Path) -> None:
    answers, _ = scored(tmp_path, [{"text": SCAM}], policy="mode: review\n")
    assert answers[0]["action"] == "review"


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        scoring.score(str(tmp_path / "none"), tmp_path / "out", None, None, "")
    with pytest.raises(BadInput, match="only"):
        scoring.score("-", tmp_path / "out", None, None, "images")


def test_it_reads_standard_input_and_needs_no_house(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    code = (
        "import sys; from guildhall.cli import main; sys.argv = ['guildhall', 'guard', 'score', '-', '--out', sys.argv[1]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    print('django' in sys.modules, end.code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(out)],
        input=b'{"text": "gm"}\nnonsense\n',
        capture_output=True,
        check=True,
        env={},
    )
    assert done.stdout.decode().splitlines()[-1] == "False 1"
    assert [sorted(json.loads(line)) for line in out.read_text().splitlines()][1] == [
        "action",
        "error",
        "reasons",
        "score",
    ]


HONEST = (Path(__file__).parent / "data/honest.txt").read_text(encoding="utf-8").splitlines()


def test_no_honest_line_is_punished(tmp_path: Path) -> None:
    as_strangers = [{"text": line} for line in HONEST]
    as_newcomers = [{"text": line, "sender": f"new-{n}"} for n, line in enumerate(HONEST)]
    answers, errors = scored(tmp_path, [*as_strangers, *as_newcomers])
    assert errors == 0
    assert [
        (row["text"], answer["reasons"])
        for row, answer in zip([*as_strangers, *as_newcomers], answers, strict=True)
        if answer["action"] in ("remove", "ban")
    ] == []


def test_a_row_is_judged_alike_whatever_stands_beside_it(tmp_path: Path) -> None:
    rows = [{"text": line} for line in (*HONEST[:70], SCAM, "x" * 30_000)]
    together, _ = scored(tmp_path, rows)
    alone = [scored(tmp_path, [row])[0][0] for row in rows[::10]]
    assert together[::10] == alone
