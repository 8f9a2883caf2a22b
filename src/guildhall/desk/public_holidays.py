"""Public holidays of a country, as a beginning for the holidays of a calendar. People look them over: a
government may still move them, and a house may work on some.
"""

from __future__ import annotations

from datetime import date

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

FIRST_YEAR, LAST_YEAR = 2000, 2100


def of(country: str, year: int) -> list[date]:
    """The days off of a country (ISO 3166 such as CN, HK, SG) in a year, in order. Raises BadInput."""
    import holidays  # loads the lists of every country: only when somebody asks

    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput(
            Text(f"A year from {FIRST_YEAR} to {LAST_YEAR}.", f"年份须在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。")
        )
    try:
        return sorted(holidays.country_holidays(country.strip().upper(), years=[year]))
    except NotImplementedError as error:
        raise BadInput(
            Text(f"No holidays are known of {country[:8]!r}.", f"没有 {country[:8]!r} 的节假日数据。")
        ) from error
