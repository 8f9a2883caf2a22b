"""SLA policies: written in a form or as JSON, looked over, put in force, asked in order."""

import json

import pytest
from django.urls import reverse
from django.utils import translation

from guildhall.console.sla_form import fits, initial
from guildhall.console.sla_words import read_length, read_windows, said_hours, typed_length
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk import policies
from guildhall.desk.actions import policies as sla
from guildhall.desk.actions import tickets
from guildhall.desk.models import PolicyVersion, SlaPolicy, Ticket
from guildhall.guard import freshness
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
State = PolicyVersion.State


def url(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture(autouse=True)
def shipped():
    freshness.forget()
    sla.install_shipped("system:test")


@pytest.fixture
def manager():
    return client_for(Role.MANAGER)


@pytest.fixture
def draft(manager):
    policy = SlaPolicy.objects.get()
    manager.post(url("sla-draft", policy.pk))
    return PolicyVersion.objects.get(state=State.DRAFT)


def named(word):
    return Text(word, word)


def posted(version, **changed):
    """The form of a version as a browser sends it back."""
    data = {key: value for key, value in initial(version.content).items() if value is not False}
    return {**data, "read": str(version.edits), "note": "", **changed}


OFFICE = {
    "c1_name": "Office",
    "c1_tz": "Asia/Hong_Kong",
    "c1_mon": "09:00-12:30, 13:30-18:00",
    "c1_fri": "22:00 – 06:00",
}


def test_the_list_says_in_which_order_policies_are_asked(manager):
    draft = sla.create(named("VIP"), {"tiers": ["vip"]}, {"targets": []}, by="staff:1")
    sla.put_in_force(draft.pk, by="staff:1")
    page = manager.get(url("sla")).content.decode()
    assert page.index("VIP") < page.index("Standard")
    assert "tier: vip" in page
    assert "every ticket" in page
    manager.post(url("sla-act", draft.policy_id, "down"))
    page = manager.get(url("sla")).content.decode()
    assert page.index("Standard") < page.index("VIP")
    assert "never asked" in page


def test_a_new_policy_is_a_draft_until_it_is_put_in_force(manager):
    data = {"name_en": "Mail", "name_zh": "邮件", "ways": ["email"], "tiers": "vip，svip"}
    response = manager.post(url("sla-new"), data)
    assert response.status_code == 303
    version = PolicyVersion.objects.get(policy__match__ways=["email"])
    assert version.policy.match == {"tiers": ["vip", "svip"], "ways": ["email"]}
    assert manager.get(response["Location"]).status_code == 200
    assert policies.version_for(Ticket(way="email", tier="vip")).policy_id != version.policy_id
    manager.post(url("sla-version-act", version.pk, "in-force"))
    assert policies.version_for(Ticket(way="email", tier="vip")) == version


def test_the_form_gives_back_what_it_was_given(manager, draft):
    content = draft.content
    assert fits(content)
    assert manager.post(url("sla-edit", draft.pk), posted(draft)).status_code == 303
    draft.refresh_from_db()
    assert draft.content == content


def test_calendars_with_split_and_overnight_windows_are_written_in_the_form(manager, draft):
    changed = {**OFFICE, "c1_holidays": "2026-10-01\n2026-10-02", "t_first_response_urgent": "1h 30m", "t_first_response_urgent_by": "1"}  # fmt: skip
    assert manager.post(url("sla-edit", draft.pk), posted(draft, **changed)).status_code == 303
    draft.refresh_from_db()
    assert draft.content["calendars"]["Office"] == {
        "tz": "Asia/Hong_Kong",
        "weekly": {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["22:00", "06:00"]]},
        "holidays": ["2026-10-01", "2026-10-02"],
    }
    target = {"metric": "first_response", "priority": "urgent", "seconds": 5400, "calendar": "Office"}
    assert target in draft.content["targets"]
    page = manager.get(url("sla-version", draft.pk)).content.decode()
    for words in ("09:00-12:30, 13:30-18:00", "22:00-06:00", "1 h 30 min", "2026-10-01, 2026-10-02"):
        assert words in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"t_resolution_low": "soon"}, "Write it like 30m, 2h or 1d 12h."),
        ({**OFFICE, "c1_mon": "9-17"}, "Write it like 09:00-12:30"),
        ({**OFFICE, "c1_mon": "25:00-26:00"}, "is not a time like 09:30"),
        ({**OFFICE, "c1_tz": "Mars/Base"}, "There is no such time zone."),
        ({**OFFICE, "c1_holidays": "2026-02-30"}, "2026-02-30 is not a date"),
        ({**OFFICE, "c2_name": "Office", "c2_tz": "UTC"}, "This name is taken."),
        ({"c1_tz": "UTC"}, "Name the calendar."),
        ({"warn": "often"}, "Write whole percentages"),
        ({"warn": "0"}, "percentages from 1 to 99"),
    ],
)
def test_what_cannot_be_counted_by_is_said_where_it_stands_and_nothing_is_saved(
    manager, draft, changed, words
):
    response = manager.post(url("sla-edit", draft.pk), posted(draft, **changed))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert PolicyVersion.objects.get(pk=draft.pk).edits == 0


def test_public_holidays_are_filled_in_and_nothing_is_saved_yet(manager, draft):
    data = posted(draft, **OFFICE, c1_country="hk", c1_year="2026", c1_holidays="2026-12-24", fill="1")
    page = manager.post(url("sla-edit", draft.pk), data).content.decode()
    assert "2026-07-01" in page  # the establishment day
    assert "2026-12-24" in page
    assert PolicyVersion.objects.get(pk=draft.pk).edits == 0
    unknown = manager.post(url("sla-edit", draft.pk), {**data, "c1_country": "qq"}).content.decode()
    assert "No holidays are known of" in unknown


def test_what_the_form_cannot_show_is_written_as_json(manager, draft):
    content = {**draft.content, "pause": {"resolution": ["open"]}}
    data = {"as": "json", "source": json.dumps(content), "read": "0", "note": "odd"}
    assert manager.post(url("sla-edit", draft.pk), data).status_code == 303
    page = manager.get(url("sla-edit", draft.pk)).content.decode()
    assert 'name="source"' in page
    wrong = manager.post(url("sla-edit", draft.pk), {**data, "source": '{"targets": 5}', "read": "1"})
    assert wrong.status_code == 422
    assert "targets: 5 is not a list" in wrong.content.decode()


def test_switching_between_form_and_json_keeps_what_was_typed(manager, draft):
    page = manager.post(url("sla-edit", draft.pk), posted(draft, warn="33", switch="1")).content.decode()
    assert "33" in page
    assert 'name="source"' in page
    data = {"as": "json", "source": json.dumps({**draft.content, "warn": [44]}), "switch": "1"}
    assert 'value="44"' in manager.post(url("sla-edit", draft.pk), data).content.decode()


def test_a_draft_that_somebody_else_changed_is_not_overwritten(manager, draft):
    sla.save_draft(draft.policy_id, {"targets": []}, by="staff:9", number=draft.pk)
    response = manager.post(url("sla-edit", draft.pk), posted(draft))
    assert response.status_code == 422
    assert "Somebody changed it" in response.content.decode()


def test_what_a_draft_does_to_open_tickets_is_shown_before(manager, draft):
    tickets.open_many([tickets.Draft("api", text="Where?")], by="token:1", at=clock.now())
    sla.save_draft(
        draft.policy_id,
        {"targets": [{"metric": "first_response", "priority": "*", "seconds": 0, "calendar": "always"}]},
        by="staff:1",
        number=draft.pk,
    )
    page = manager.get(url("sla-tried", draft.pk)).content.decode()
    assert "late at once" in page
    assert "Without a target any more" in page


def test_a_version_in_force_is_copied_not_changed(manager):
    version = PolicyVersion.objects.get()
    assert manager.get(url("sla-edit", version.pk)).status_code == 303
    response = manager.post(url("sla-draft", version.policy_id), {"from": "1"})
    assert response["Location"] == url("sla-edit", PolicyVersion.objects.get(version=2).pk)


def test_a_policy_is_put_away_and_taken_back(manager):
    policy = SlaPolicy.objects.get()
    manager.post(url("sla-act", policy.pk, "archive"))
    page = manager.get(url("sla")).content.decode()
    assert "No SLA policy yet" in page
    assert "Put away" in page
    manager.post(url("sla-act", policy.pk, "restore"))
    assert policies.version_for(Ticket()) is not None


def test_agents_neither_see_nor_change_policies():
    for role in (Role.SUPPORT_AGENT, Role.VENDOR_AGENT):
        client = client_for(role)
        assert client.get(url("sla")).status_code == 403
        assert client.post(url("sla-new"), {}).status_code == 403


def test_chinese_pages_speak_chinese(manager, draft):
    manager.cookies["guildhall_language"] = "zh-hans"
    with translation.override("en"):  # what the request sets does not stay
        for address in (url("sla"), url("sla-version", draft.pk), url("sla-edit", draft.pk), url("sla-new")):
            assert "SLA 策略" in manager.get(address).content.decode()


def test_lengths_and_windows_are_read_as_people_type_them():
    assert [read_length(t) for t in ("1h 30m", "90m", "2d", "45 分钟", "1小时30分", "15", "", "m")] == [
        5400, 5400, 172800, 2700, 5400, None, None, None
    ]  # fmt: skip
    assert all(read_length(typed_length(n)) == n for n in (0, 1, 59, 60, 3661, 86_400, 90_061))
    assert read_windows("09:00–12:30；13:30 至 18:00") == [["09:00", "12:30"], ["13:30", "18:00"]]
    assert said_hours({"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]})[0] == (
        "Monday – Tuesday", "09:00-17:00"
    )  # fmt: skip
