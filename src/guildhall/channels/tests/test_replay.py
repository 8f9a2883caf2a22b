"""A file as a channel: every line once, in order, at a pace, bad ones with their number."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildhall.channels.replay import ReplayAdapter, paced, read
from guildhall.core.errors import BadInput


def a_file(folder: Path, *lines: str) -> Path:
    path = folder / "messages.jsonl"
    path.write_bytes(b"\n".join(line.encode("utf-8") for line in lines))
    return path


def test_each_line_has_an_id_that_stays_when_the_file_is_read_again_or_grows(tmp_path: Path) -> None:
    adapter = ReplayAdapter()
    path = a_file(tmp_path, '{"text": "a"}', '{"text": "b"}', '{"text": "b"}')
    first = [adapter.parse(line.body).message_id for line in read(path, "demo-en")]
    assert len(set(first)) == 3
    path = a_file(tmp_path, '{"text": "a"}', '{"text": "b"}', '{"text": "b"}', '{"text": "c"}')
    again = [adapter.parse(line.body).message_id for line in read(path, "demo-en")]
    assert again[:3] == first
    assert [line.number for line in read(path, "demo-en", after_line=2)] == [3, 4]


def test_good_lines_go_through_and_bad_ones_keep_their_bytes_and_number(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    raw = ['{"text": "gm", "label": 0}', "", "not json", '{"text": "提现", "sender": "小 王"}', "{}"]
    path.write_bytes("\n".join(raw).encode() + b"\n\xff\xfe\n")
    good, bad = [], []
    for line in read(path, "demo-en"):
        try:
            good.append(ReplayAdapter().parse(line.body))
        except BadInput as error:
            bad.append((line.number, error.row))
    assert [one.text for one in good] == ["gm", "提现"]
    assert good[1].sender.display_name == "小 王"
    assert good[1].sender.external_id == "小-王"
    assert good[0].raw["label"] == 0
    assert bad == [(3, 3), (5, 5), (6, 6)]
    assert [line.end for line in read(path, "demo-en")][-1] == path.stat().st_size


def test_a_corpus_without_people_does_not_look_like_one_person(tmp_path: Path) -> None:
    path = a_file(tmp_path, *(f'{{"text": "message {n}"}}' for n in range(200)))
    senders = {ReplayAdapter().parse(line.body).sender.external_id for line in read(path, "demo-en")}
    assert len(senders) > 100


def test_the_pace_follows_the_times_in_the_file_or_a_second_a_line(tmp_path: Path) -> None:
    slept: list[float] = []
    path = a_file(tmp_path, *(f'{{"text": "{n}"}}' for n in range(3)))
    assert len(list(paced(read(path, "x"), 10, sleep=slept.append))) == 3
    assert slept == pytest.approx([0.1, 0.2], abs=0.05)
    slept.clear()
    times = ("12:00:00", "12:01:00", "12:01:00", "11:00:00", "15:00:00")
    lines = (f'{{"text": "x", "sent_at": "2026-11-23T{at}+00:00"}}' for at in times)
    assert len(list(paced(read(a_file(tmp_path, *lines), "x"), 60, sleep=slept.append))) == 5
    assert slept == pytest.approx([1.0, 1.0, 1.0, 61.0], abs=0.05)
    slept.clear()
    assert len(list(paced(read(path, "x"), None, sleep=slept.append))) == 5
    assert not slept


def test_a_missing_file_says_so() -> None:
    with pytest.raises(OSError, match="nowhere"):
        list(read(Path("/nowhere.jsonl"), "x"))
