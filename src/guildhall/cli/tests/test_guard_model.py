"""`guard train` and `guard eval` from files to files, as an operator runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guildhall.cli.guard import guard_app
from guildhall.core.errors import BadInput
from guildhall.guard.commands.training import text_rows
from guildhall.guard.model import load
from guildhall.guard.tests.test_model_text import rows


def written(path: Path, lines: list[object]) -> Path:
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines), "utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(
        tmp_path / "rows.jsonl", [{"text": r.text, "label": r.label, "source": "chat"} for r in rows()]
    )


def test_train_then_eval(tmp_path, data):
    run = CliRunner()
    out = tmp_path / "m.gtm"
    trained = run.invoke(guard_app, ["train", str(data), "--out", str(out), "--without-own"])
    assert trained.exit_code == 0, trained.output
    said = json.loads(trained.stdout.splitlines()[-1])
    assert said["rows"] == len(rows())
    assert said["rejected"] == 0
    assert said["version"] == load(out).version
    measured = run.invoke(guard_app, ["eval", str(data), "--model", str(out)])
    assert measured.exit_code == 0, measured.output
    report = json.loads(measured.stdout.splitlines()[-1])
    assert {"all", "lang en", "lang zh", "source chat"} <= set(report["groups"])
    assert report["groups"]["all"]["auc"] > 0.95
    again = run.invoke(guard_app, ["train", str(data), "--out", str(tmp_path / "n.gtm"), "--without-own"])
    assert again.exit_code == 0
    assert (tmp_path / "n.gtm").read_bytes() == out.read_bytes()
    moved = run.invoke(guard_app, ["train", str(data), "--out", str(tmp_path / "a.gtm"), "--base", str(out)])
    assert json.loads(moved.stdout.splitlines()[-1])["base"] == said["version"]


def test_bad_rows_are_named_and_put_aside_and_the_rest_is_used(tmp_path, data):
    bad = [
        "{not json", "[1]", {"text": "x"}, {"text": "x", "label": 2}, {"text": " ", "label": 1},
        {"text": "x", "label": 1, "weight": -1}, {"label": 0}, {"text": 5, "label": 0},
        {"text": "x", "label": 1, "source": ["a"]}, {"domain": "", "label": 1}, "[" * 100_000,
    ]  # fmt: skip
    with data.open("a", encoding="utf-8") as more:
        more.write("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in bad))
        more.write('{"text": "good evening", "label": "ham"}\n\n')
    read = text_rows(data)
    assert len(read.rejected) == len(bad)
    assert len(read.rows) == len(rows()) + 1
    out = tmp_path / "m.gtm"
    done = CliRunner().invoke(guard_app, ["train", str(data), "--out", str(out), "--without-own"])
    assert done.exit_code == 0
    aside = [json.loads(line) for line in (tmp_path / "m.gtm.rejected.jsonl").read_text("utf-8").splitlines()]
    assert [row["line"] for row in aside] == list(range(len(rows()) + 1, len(rows()) + len(bad) + 1))
    assert aside[0]["error"] == "not JSON"


def test_nothing_to_train_on_leaves_the_old_model_alone(tmp_path):
    out = tmp_path / "m.gtm"
    out.write_bytes(b"old")
    with pytest.raises(BadInput):
        CliRunner().invoke(
            guard_app,
            ["train", str(written(tmp_path / "e.jsonl", [{"text": "x"}])), "--out", str(out)],
            catch_exceptions=False,
        )
    assert out.read_bytes() == b"old"


def test_a_file_that_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        text_rows(tmp_path / "none.jsonl")
