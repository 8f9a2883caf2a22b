"""The look itself: contrast of every colour on every ground, no inline style or script, charts in the same colours."""

import json
import re
from pathlib import Path

import pytest

from guildhall.ui import chart_shapes, charts
from guildhall.ui.navigation import current_key
from guildhall.ui.security import content_policy

ROOM = Path(__file__).parents[1]
CSS = {path.name: path.read_text() for path in (ROOM / "static/ui").glob("*.css")}
TOKENS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", CSS["tokens.css"]))
GROUNDS = ("bg", "panel", "raised", "hover")


def colour(name: str, dark: bool) -> str:
    return TOKENS[name].split(", ")[dark]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(code: str) -> float:
        parts = [int(code[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ink", ["ink", "ink-2", "ink-3", "brand", "red", "amber", "green", "blue"])
def test_every_ink_can_be_read_on_every_ground(ink, dark):
    grounds = [
        *GROUNDS,
        *([f"{ink}-soft"] if f"{ink}-soft" in TOKENS else ["brand-soft"] if ink != "ink-3" else []),
    ]
    for ground in grounds:
        assert contrast(colour(ink, dark), colour(ground, dark)) >= 4.5, ground


@pytest.mark.parametrize("dark", [False, True])
def test_words_on_filled_buttons_and_marks_can_be_read(dark):
    for ink, ground in [
        ("on-brand", "brand"),
        ("on-brand", "brand-strong"),
        ("on-red", "red"),
        ("ink", "mark"),
    ]:
        assert contrast(colour(ink, dark), colour(ground, dark)) >= 4.5, (ink, ground)


@pytest.mark.parametrize("dark", [False, True])
def test_edges_of_fields_and_lines_of_charts_stand_out(dark):
    for name in ("line-strong", "brand", "gold", "blue", "red", "green"):
        assert contrast(colour(name, dark), colour("panel", dark)) >= 3, name


def test_every_name_a_style_sheet_uses_is_a_token():
    known = set(re.findall(r"^\s*--([\w-]+):", CSS["tokens.css"], re.M))
    used = {name for text in CSS.values() for name in re.findall(r"var\(--([\w-]+)\)", text)}
    assert used <= known


def test_charts_use_the_colours_of_the_tokens():
    for dark, palette in enumerate((charts.LIGHT, charts.DARK)):
        for field in palette.__dataclass_fields__:
            assert getattr(palette, field) == colour(field.replace("_", "-"), bool(dark)), field


def test_no_template_of_the_house_carries_inline_style_or_script():
    inline = re.compile(
        r"<[^>]*\s(style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\b(src|type=\"application/json\"))", re.I
    )
    guilty = [
        f"{path.relative_to(ROOM.parent)}: {found[0]}"
        for path in ROOM.parent.glob("*/templates/**/*.html")
        for found in inline.finditer(path.read_text())
    ]
    assert guilty == []


def test_the_policy_allows_nothing_inline_and_nobody_elses_script():
    policy = content_policy()
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self'" in policy
    assert "frame-ancestors *" in content_policy("*")


def test_the_longest_address_is_the_current_item():
    hrefs = {"today": "/", "members": "/members/", "erased": "/members/erased/"}
    assert current_key(hrefs, "/") == "today"
    assert current_key(hrefs, "/members/01J/") == "members"
    assert current_key(hrefs, "/members/erased/9") == "erased"
    assert current_key(hrefs, "/chat/") == ""


def test_every_icon_a_template_names_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOM / "static/ui/icons.svg").read_text()))
    named = {
        name
        for path in ROOM.parent.glob("*/templates/**/*.html")
        for name in re.findall(r'{% icon "([\w-]+)"|icon_name="([\w-]+)"', path.read_text())
        for name in name
        if name
    }
    assert named <= sprite


def test_a_chart_becomes_a_picture_with_chinese_words():
    rows = [
        {"at": "2026-11-23T10:00:00", "n": 3, "who": "中文"},
        {"at": "2026-11-23T11:00:00", "n": 5, "who": "中文"},
    ]
    drawing = charts.line(rows, x="at", y="n", series="who", labels={"n": "消息"})
    assert charts.png(drawing)[:8] == b"\x89PNG\r\n\x1a\n"
    assert "中文" in charts.svg(drawing, dark=True)


def test_the_kept_shapes_of_charts_are_what_altair_builds():
    kept = json.loads(chart_shapes.KEPT.read_text(encoding="utf-8"))
    assert kept == chart_shapes.build(), "run python -m guildhall.ui.chart_shapes"


def test_two_pages_do_not_share_the_rows_of_a_chart():
    one = charts.bars([{"n": 1, "name": "a"}], x="n", y="name", labels={})
    two = charts.bars([{"n": 2, "name": "b"}], x="n", y="name", labels={})
    assert one.spec["data"]["values"] == [{"x": 1, "y": "a"}]
    assert two.spec["data"]["values"] == [{"x": 2, "y": "b"}]


def test_a_waterfall_carries_whole_units_and_says_whole_coins():
    steps = [charts.Step("手续费", 0, 2**60, "11,529,215,046.06846976 USDT", "fee")]
    drawing = charts.waterfall(steps, scale=8, labels={"name": "步骤", "said": "金额"})
    assert drawing.spec["data"]["values"][0]["high"] == 2**60
    picture = charts.svg(drawing)
    assert "手续费" in picture
    assert "11,529,215,046.06846976 USDT" in picture
    assert "10,000,000,000" in picture, "the axis counts in coins"


def test_bars_of_money_keep_their_base_units_and_are_read_in_coins():
    drawing = charts.bars([{"n": -250_000_000, "name": "a"}], x="n", y="name", labels={"n": "n"})
    spec = charts.in_units(drawing, "x", 8).spec
    assert spec["data"]["values"] == [{"x": -250_000_000, "y": "a"}]
    assert spec["encoding"]["tooltip"][1]["field"] == "x_said"
    assert "-2.5" in charts.svg(charts.Chart(spec)).replace("\u2212", "-")
