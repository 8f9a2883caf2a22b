"""The tree of regions whose law protects an audience, and nothing about languages.

A region is an ISO 3166 code ("GB", "DE", "AE-DU", "UA-43"), a group ("EU", "OFAC") or "" when nobody
knows. A rule for a group holds for each of its members; Hong Kong, Macao and Taiwan are regions of their
own, so no rule written for CN reaches them, and a Chinese text never makes its reader a resident of
mainland China.
"""

from __future__ import annotations

import re

from guildhall.core.text import Text

UNKNOWN = ""
EVERYWHERE = "*"

EU_MEMBERS = frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE",
    "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
})  # fmt: skip

# Regions under a comprehensive embargo. Syria left the programme on 2025-07-01 and is kept for older
# decisions.
SANCTIONED = {
    "CU": Text("Cuba", "古巴"),
    "IR": Text("Iran", "伊朗"),
    "KP": Text("North Korea", "朝鲜"),
    "UA-43": Text("Crimea", "克里米亚"),
    "UA-40": Text("Sevastopol", "塞瓦斯托波尔"),
    "UA-14": Text("Donetsk region", "顿涅茨克地区"),
    "UA-09": Text("Luhansk region", "卢甘斯克地区"),
}

# What people write for a region that ISO calls otherwise.
ALIASES = {
    "UK": "GB",
    "EL": "GR",
    "DUBAI": "AE-DU",
    "AE-DXB": "AE-DU",
    "CRIMEA": "UA-43",
    "DONETSK": "UA-14",
    "LUHANSK": "UA-09",
    "UNKNOWN": UNKNOWN,
}

NAMES: dict[str, Text] = {
    UNKNOWN: Text("Unknown region", "未知地区"),
    EVERYWHERE: Text("Everywhere", "所有地区"),
    "GB": Text("United Kingdom", "英国"),
    "EU": Text("European Union", "欧盟"),
    "SG": Text("Singapore", "新加坡"),
    "HK": Text("Hong Kong", "香港"),
    "CN": Text("Mainland China", "中国大陆"),
    "US": Text("United States", "美国"),
    "AE": Text("United Arab Emirates", "阿联酋"),
    "AE-DU": Text("Dubai", "迪拜"),
    "IN": Text("India", "印度"),
    "SY": Text("Syria", "叙利亚"),
    "OFAC": Text("Embargoed regions (OFAC)", "受全面制裁地区（OFAC）"),
    **SANCTIONED,
}

_CODE = re.compile(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")


def parse_region(value: str) -> str:
    """`value` as a region code: upper case, aliases resolved, "" for unknown; ValueError when it cannot
    be one."""
    code = value.strip().upper().replace("_", "-")
    code = ALIASES.get(code, code)
    if code in (UNKNOWN, EVERYWHERE, "OFAC", "EU") or _CODE.match(code):
        return code
    raise ValueError(f"{value!r} is not a region code: write two ISO letters such as GB, or leave it empty")


def lineage(region: str) -> frozenset[str]:
    """Every region whose rules reach an audience in `region`: itself, its country, its group, and `*`."""
    reached = {region, EVERYWHERE}
    country, _, subdivision = region.partition("-")
    if subdivision:
        reached.add(country)
    if country in EU_MEMBERS:
        reached.add("EU")
    if region in SANCTIONED:
        reached.add("OFAC")
    return frozenset(reached)


def name(region: str) -> Text:
    """How people call `region`; the code itself where we know no better."""
    return NAMES.get(region) or Text(region, region)
