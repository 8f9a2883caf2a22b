"""What `guard score`, `domains` and `train` do to the files they are given: nothing is lost, nothing is left
behind, and what cannot be done is one line.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guildhall.cli.guard import guard_app
from guildhall.core.errors import BadInput, NotFound
from guildhall.guard.commands import domains, reading, scoring, training, writing
from guildhall.guard.policy import parse
from guildhall.guard.tests.test_model_text import rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps({"text": r.text, "label": r.label}) + "\n" for r in rows()))
    training.train(data, folder / "m.gtm", without_own=True)
    return folder / "m.gtm"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("link", [os.link, os.symlink, None])
def test_what_is_read_is_never_written_over(tmp_path, link):
    data, out = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    data.write_text('{"domain": "ok.example", "label": 0}\n')
    before = data.read_bytes()
    if link is None:
        out = data
    else:
        link(data, out)
    for run in (
        lambda: scoring.score(str(data), out, None, None, ""),
        lambda: domains.score(str(data), out, None),
        lambda: training.train(data, out),
    ):
        with pytest.raises(BadInput, match="same file"):
            run()
    assert data.read_bytes() == before


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    out = tmp_path / "out"
    out.write_text("old")

    def interrupted(error: BaseException) -> None:
        with writing.written(out) as file:
            file.write(b"half")
            raise error

    for error in (KeyboardInterrupt(), ValueError()):
        with pytest.raises(type(error)):
            interrupted(error)
    with pytest.raises(BadInput, match="the disk is full"), writing.written(out):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert out.read_text() == "old"
    assert os.listdir(tmp_path) == ["out"]


def test_a_link_is_followed_and_the_mode_kept(tmp_path):
    out, link = tmp_path / "out", tmp_path / "link"
    out.write_text("old")
    out.chmod(0o640)
    link.symlink_to(out)
    with writing.written(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (out.read_text(), stat.S_IMODE(out.stat().st_mode)) == ("new", 0o640)


def test_a_device_is_written_into_and_stays_one():
    with writing.written(Path("/dev/null")) as file:
        file.write(b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(BadInput, match="the disk is full"), writing.written(Path("/dev/full")) as file:
        file.write(b"x")


@pytest.mark.parametrize("name", ["none/out", ".", "file/out", "x" * 300])
def test_what_cannot_be_written_is_said_in_both_languages(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written") as refused, writing.written(tmp_path / name):
        pass
    assert refused.value.text.zh.startswith("无法写入")


def test_a_model_that_cannot_be_written_is_told_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_text_part", lambda *_: pytest.fail("trained"))
    data = tmp_path / "d.jsonl"
    data.write_text('{"text": "a b", "label": 1}\n')
    with pytest.raises(BadInput, match="cannot be written"):
        training.train(data, tmp_path / "none" / "m")


def test_training_leaves_an_older_list_of_rejected_rows_and_rows_held_back(tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr(training, "_text_part", lambda rows, *_: taken.extend(rows) or b"")
    data, aside = tmp_path / "d.jsonl", tmp_path / "m.rejected.jsonl"
    aside.write_text("mine")
    data.write_text('{"text": "a b", "label": 1}\n{"text": "c d", "label": 1, "held_back": true}\n')
    with pytest.raises(BadInput, match="no row"):
        training.train(data, tmp_path / "m")
    assert aside.read_text() == "mine"
    assert [row.text for row in taken] == ["a b"]
    assert training.text_rows(data, leave_held_back=True).held_back == 1
    assert len(training.text_rows(data).rows) == 2


@pytest.mark.parametrize("key", ["text", "domain", "lang", "source", "group"])
def test_half_of_a_surrogate_pair_is_put_aside_with_its_reason(tmp_path, key):
    data = tmp_path / "d.jsonl"
    data.write_text(json.dumps({"text": "x", "label": 1, key: "\ud800"}) + "\n")
    read = training.text_rows(data)
    assert (read.rows, read.domains) == ([], [])
    assert key in read.rejected[0][1]


def test_a_time_nobody_meant_is_no_time(tmp_path, model):
    source, out = tmp_path / "in", tmp_path / "out"
    times = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", -62135596800, "1969-12-31T23:59:59Z"]
    source.write_text(
        "".join(json.dumps({"text": "gm", "sender": "a", "at": t, "joined_at": t}) + "\n" for t in times)
    )
    assert scoring.score(str(source), out, model, None, "") == 0
    assert [row["action"] for row in lines(out)] == ["allow"] * 4


def test_a_row_that_fails_in_a_way_nobody_thought_of_ends_nothing(tmp_path, model, monkeypatch):
    judge = scoring.judge

    def failing(subject, *rest):
        if subject.text == "bad":
            raise ZeroDivisionError
        return judge(subject, *rest)

    monkeypatch.setattr(scoring, "judge", failing)
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text('\ufeff{"text": "gm"}\n{"text": "bad"}\n\n{"text": "gn"}\n', "utf-8")
    done = CliRunner().invoke(guard_app, ["score", str(source), "--out", str(out), "--model", str(model)])
    assert done.exit_code == 1
    assert "could not be judged: 2" in done.stderr
    answers = lines(out)
    assert answers[1] == {**reading.UNJUDGED, "error": "could not be judged (ZeroDivisionError)"}
    assert answers[2] == {**reading.UNJUDGED, "error": "the line is blank"}
    assert answers[0]["action"] == answers[3]["action"] == "allow"


def test_every_line_of_domains_is_answered(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text(
        '\ufeff{"domain": "python.org"}\n\n{"domain": "\\ud800.example"}\n{"domain": " "}\n', "utf-8"
    )
    assert domains.score(str(source), out, None) == 2
    assert [row.get("error") for row in lines(out)] == [
        None, "the line is blank", None, "`domain` is empty",
    ]  # fmt: skip


@pytest.mark.parametrize("command", [["models"], ["learn"], ["rollback", "1"], ["export", "--out", "x"]])
@pytest.mark.parametrize("url", ["", "sqlite:///empty.sqlite3"])
def test_without_a_house_nothing_is_made(tmp_path, monkeypatch, command, url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUILDHALL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / "empty.sqlite3").touch()
    with pytest.raises(NotFound, match="no house here"):
        CliRunner().invoke(guard_app, command, catch_exceptions=False)
    assert os.listdir(tmp_path) == ["empty.sqlite3"]


def test_a_seed_that_is_none_is_refused(tmp_path):
    done = CliRunner().invoke(guard_app, ["train", "d", "--out", str(tmp_path / "m"), "--seed", "-1"])
    assert done.exit_code == 2
    assert "--seed" in done.stderr


def test_an_unknown_policy_key_is_answered_with_all_there_are():
    with pytest.raises(BadInput, match="families.*punish_only_above.*words.*forbid.*overrides"):
        parse("zzzzqqq: 1\n")
