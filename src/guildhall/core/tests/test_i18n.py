"""A string exists in both languages or the check says where it is missing; Traditional Chinese derives itself."""

import gettext
from pathlib import Path

import pytest

from guildhall.core import i18n
from guildhall.core.errors import BadInput
from guildhall.core.i18n_extract import Shown, Unreadable, from_python, from_template

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'


@pytest.fixture
def house(tmp_path: Path, monkeypatch):
    """A house with one room, `desk`; returns a function that writes its files."""
    monkeypatch.setattr(i18n, "HOUSE", tmp_path)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk/__init__.py").write_text("")

    def write(name: str, text: str) -> Path:
        path = tmp_path / "desk" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HEADER if name.endswith(".po") else "") + text, encoding="utf-8")
        return path

    return write


def keys(found) -> list[tuple[str, str, str]]:
    return [(text.context, text.singular, text.plural) for text in found if isinstance(text, Shown)]


def test_strings_of_python_are_found_under_any_name() -> None:
    source = """
from django.utils.translation import gettext as _, gettext_lazy as later, ngettext, pgettext
from django.utils import translation
a = _("one")
b = later("two " "parts")
c = ngettext("%(n)s case", "%(n)s cases", n) % {"n": n}
d = pgettext("verb", "open")
e = translation.gettext("by module")
f = dict.get("gettext")
"""
    assert sorted(keys(from_python(source, "x.py"))) == [
        ("", "%(n)s case", "%(n)s cases"),
        ("", "by module", ""),
        ("", "one", ""),
        ("", "two parts", ""),
        ("verb", "open", ""),
    ]


def test_a_string_put_together_before_gettext_is_refused_with_its_place() -> None:
    source = 'from django.utils.translation import gettext as _\nx = _(f"Hello {name}")\ny = _(name)\n'
    assert list(from_python(source, "x.py")) == [Unreadable("x.py:2"), Unreadable("x.py:3")]


def test_strings_of_templates_are_found() -> None:
    source = """{% load i18n %}<a title="{% translate "Hello" %}">{% trans 'x' context "verb" %} {{ _("in a variable") }}
{% blocktranslate count n=items|length %}{{ n }} item{% plural %}{{ n }} items{% endblocktranslate %}
{% blocktranslate trimmed with a=b %}
  Hello {{ a }},
  it's 100% "fine"
{% endblocktranslate %}{% button label=_("Send it") %}{% comment %}{% translate "never" %}{% endcomment %}
{{ name|default:_("nobody") }}"""
    found = list(from_template(source, "x.html"))
    assert keys(found) == [
        ("", "Hello", ""),
        ("verb", "x", ""),
        ("", "in a variable", ""),
        ("", "%(n)s item", "%(n)s items"),
        ("", 'Hello %(a)s, it\'s 100%% "fine"', ""),
        ("", "Send it", ""),
        ("", "nobody", ""),
    ]
    assert [text.place for text in found][:4] == ["x.html:1", "x.html:1", "x.html:1", "x.html:2"]


def test_a_complete_room_passes(house) -> None:
    house(
        "views.py",
        'from django.utils.translation import gettext as _, ngettext\n_("Cases")\nngettext("%(n)s day", "%(n)s days", 2)\n',
    )
    house("templates/desk/a.html", "{% load i18n %}{% translate 'Undo' %}")
    house("tests/test_x.py", 'from django.utils.translation import gettext as _\n_("only a test")\n')
    house(
        "locale/zh_Hans/LC_MESSAGES/django.po",
        'msgid "Cases"\nmsgstr "案件"\n\nmsgid "Undo"\nmsgstr "撤销"\n\n'
        'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s 天"\n',
    )
    findings = i18n.check()
    assert findings.wrong == []
    assert findings.unused == []


@pytest.mark.parametrize(
    "entry, said",
    [
        ("", "no Chinese for 'Seen by %(name)s'"),
        ('msgid "Seen by %(name)s"\nmsgstr ""\n', "no Chinese for 'Seen by %(name)s'"),
        ('#, fuzzy\nmsgid "Seen by %(name)s"\nmsgstr "%(name)s 已看"\n', "is fuzzy"),
        ('msgid "Seen by %(name)s"\nmsgstr "%(nome)s 已看"\n', "its Chinese ['%(nome)s']"),
        ('msgid "Seen by %(name)s"\nmsgstr "已看"\n', "its Chinese []"),
        ('msgid "Seen by %(name)s"\nmsgstr "%(name)s 已看 100%"\n', "a lone %"),
    ],
)
def test_what_is_wrong_is_named(house, capsys, entry: str, said: str) -> None:
    house("views.py", 'from django.utils.translation import gettext as _\n_("Seen by %(name)s")\n')
    house("locale/zh_Hans/LC_MESSAGES/django.po", entry)
    assert i18n.main(["check"]) == 1
    assert said in capsys.readouterr().out


def test_what_is_not_shown_any_more_is_a_warning_only(house, capsys) -> None:
    house("locale/zh_Hans/LC_MESSAGES/django.po", 'msgid "Gone"\nmsgstr "没了"\n')
    assert i18n.main(["check"]) == 0
    assert "unused  desk: 'Gone'" in capsys.readouterr().out


def test_a_skeleton_of_what_is_missing_can_be_pasted(house, capsys) -> None:
    house(
        "views.py", 'from django.utils.translation import ngettext\nngettext("%(n)s day", "%(n)s days", 2)\n'
    )
    house("locale/zh_Hans/LC_MESSAGES/django.po", "")
    i18n.main(["skeleton", "desk"])
    out = capsys.readouterr().out
    assert '#: desk/views.py:2\nmsgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] ""' in out.replace(
        "#, python-format\n", ""
    )


def test_compiling_derives_traditional_chinese_and_takes_the_better_words(house) -> None:
    source = house(
        "locale/zh_Hans/LC_MESSAGES/django.po",
        'msgid "Network %(n)s"\nmsgstr "网络 %(n)s"\n\nmsgid "Roster"\nmsgstr "排班"\n\nmsgid "File"\nmsgstr "文件"\n',
    )
    house("locale/zh_Hant.overrides.po", 'msgid "Roster"\nmsgstr "班表"\n')
    assert i18n.compile_all() == 2
    assert i18n.compile_all() == 0
    said = {}
    for language in ("zh_Hans", "zh_Hant"):
        with (source.parents[2] / language / "LC_MESSAGES/django.mo").open("rb") as file:
            said[language] = gettext.GNUTranslations(file).gettext
    assert said["zh_Hans"]("Network %(n)s") == "网络 %(n)s"
    assert said["zh_Hant"]("Network %(n)s") == "網路 %(n)s"
    assert said["zh_Hant"]("Roster") == "班表"
    assert said["zh_Hant"]("File") == "檔案"
    source.write_text(source.read_text(encoding="utf-8").replace("网络", "链"), encoding="utf-8")
    assert i18n.compile_all() == 2


def test_a_broken_catalogue_is_named(house) -> None:
    path = house("locale/zh_Hans/LC_MESSAGES/django.po", 'msgid "a"\nmsgstr "b"\nwhat is this\n')
    with pytest.raises(BadInput, match=str(path)):
        i18n.compile_all()


def test_every_command_that_is_not_one_says_what_there_is(capsys) -> None:
    assert i18n.main(["translate"]) == 2
    assert "`skeleton ROOM`" in capsys.readouterr().err
