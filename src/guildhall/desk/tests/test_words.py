"""Macros, places in them, fields of categories: what is filled in, and what is refused."""

from __future__ import annotations

import pytest

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk import placeholders, queries
from guildhall.desk.actions import macros, tickets
from guildhall.desk.fields import Choice, Field, Kind, check_fields, cleaned, missing
from guildhall.desk.tests.counter import asked, asker, colleague, vendor

LOST = Field("lost", Kind.CHOICE, Text("Lost", "损失"), True, (Choice("yes", Text("Yes", "是")),) * 2)
UID = Field("uid", Kind.UID, Text("UID", "UID"), True)
SUM = Field("sum", Kind.NUMBER, Text("Sum", "金额"))
DAY = Field("day", Kind.DATE, Text("Day", "日期"))


def test_values_are_kept_by_field_and_empty_ones_left_out() -> None:
    kept = cleaned([UID, SUM, DAY], {"uid": " 8812 ", "sum": "", "day": "2026-11-24", "other": "x"})
    assert kept == {"uid": "8812", "day": "2026-11-24"}
    assert missing([UID, LOST, SUM], kept) == (LOST,)


@pytest.mark.parametrize(
    ("field", "value"), [(UID, "a b!"), (SUM, "12,5"), (DAY, "24.11.2026"), (LOST, "maybe"), (SUM, "1" * 300)]
)
def test_a_value_that_is_none_names_its_field(field: Field, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        cleaned([field], {field.key: value})
    assert refused.value.field == f"fields.{field.key}"


def test_fields_a_category_cannot_have_are_refused_by_row() -> None:
    for wrong in (
        [UID, UID],
        [Field("Uid", Kind.TEXT, Text("a", "b"))],
        [Field("a", Kind.CHOICE, Text("a", "b"))],
    ):
        with pytest.raises(BadInput) as refused:
            check_fields(wrong)
        assert refused.value.row == len(wrong)


@pytest.mark.django_db
def test_places_are_filled_in_the_askers_language_and_a_vendor_is_not_told_who_asks() -> None:
    one, dana, (harbour, agent) = asker(), colleague(), vendor()
    ticket = asked(one, category="deposit", language="zh-hans")
    tickets.set_fields(ticket.pk, {"uid": "88120034"}, dana)
    tickets.move_to_vendor(ticket.pk, harbour.pk, dana)
    ticket.refresh_from_db()
    macro = macros.save_macro(
        "",
        name=Text("Deposit", "充值"),
        text=Text(
            "Hi {member}, {category} {number}: {field.uid}", "{member}您好，{category} {number}：{field.uid}"
        ),
        category="deposit",
        by=dana,
    )
    assert placeholders.fill(macro, ticket, dana) == f"Alice您好，充值 #{ticket.number}：88120034"
    assert (
        placeholders.fill(macro, ticket, agent, "en")
        == f"Hi {{member}}, Deposit #{ticket.number}: {{field.uid}}"
    )
    assert placeholders.finish("Hi {member}", ticket, agent) == "Hi Alice"
    assert queries.macros(dana, words="您好") == [macro]


@pytest.mark.django_db
def test_a_macro_in_one_language_is_said_in_that_one() -> None:
    dana, ticket = colleague(), asked(asker(), language="zh-hant")
    english = macros.save_macro("", name=Text("Hi", ""), text=Text("Hello", ""), by=dana)
    chinese = macros.save_macro("", name=Text("", "核实"), text=Text("", "我们正在核实"), by=dana)
    assert placeholders.fill(english, ticket, dana) == "Hello"
    assert placeholders.fill(chinese, ticket, dana) == "我們正在核實"
