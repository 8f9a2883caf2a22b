"""Money as whole base units of an asset, and rates as whole parts per million.

Pure and exact: no float and no Decimal anywhere, amounts of different assets never meet, and every operation
that cannot be exact says how it rounds. Text goes in and comes out as plain decimal notation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

PPM = 1_000_000
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,29}")
_DECIMAL = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_LONGEST = 80


class Rounding(StrEnum):
    """What happens to a fraction of a base unit."""

    FLOOR = "floor"  # towards minus infinity
    CEILING = "ceiling"  # towards plus infinity
    TOWARDS_ZERO = "towards_zero"
    AWAY_FROM_ZERO = "away_from_zero"
    HALF_EVEN = "half_even"  # to the nearest; a tie to the even one
    HALF_UP = "half_up"  # to the nearest; a tie away from zero


class DifferentAssets(BadInput):
    """Amounts of two assets were added, subtracted or compared."""

    def __init__(self, first: "Asset", second: "Asset") -> None:
        super().__init__(
            Text(
                f"{first.code} and {second.code} are different assets and cannot be put together.",
                f"{first.code} 与 {second.code} 是不同资产，不能合并计算。",
            )
        )


@dataclass(frozen=True, slots=True, order=True)
class Asset:
    """A currency or token. One whole coin is 10**scale base units (USDT with scale 6: 1 USDT = 1,000,000)."""

    code: str
    scale: int

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise BadInput(
                Text(f"{self.code!r} is not an asset code.", f"{self.code!r} 不是资产代码。"), field="asset"
            )
        if type(self.scale) is not int or not 0 <= self.scale <= 36:
            raise BadInput(
                Text(
                    f"{self.code}: the scale must be a whole number from 0 to 36, not {self.scale!r}.",
                    f"{self.code}：精度必须是 0 到 36 的整数，而不是 {self.scale!r}。",
                ),
                field="scale",
            )

    def parse(self, text: str) -> "Money":
        """Read a plain decimal such as `-12.50`, exactly.

        Raises BadInput for anything else: more decimals than the asset has (unless they are zeros), an
        exponent, thousands separators, spaces, non-ASCII digits. A number that is not text is a TypeError:
        a float has already lost what we would need.
        """
        if not isinstance(text, str):
            raise TypeError(f"an amount is read from text, not from {type(text).__name__}")
        found = _DECIMAL.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise self._unreadable(text)
        sign, whole, decimals = found[1], found[2], (found[3] or "").rstrip("0")
        if len(decimals) > self.scale:
            raise BadInput(
                Text(
                    f"{text} has {len(decimals)} decimals; {self.code} has at most {self.scale}.",
                    f"{text} 有 {len(decimals)} 位小数；{self.code} 最多 {self.scale} 位。",
                ),
                field="amount",
            )
        units = int(whole + decimals.ljust(self.scale, "0"))
        return Money(-units if sign == "-" else units, self)

    def _unreadable(self, text: str) -> BadInput:
        shown = repr(text[:40])
        if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text):
            return BadInput(
                Text(
                    f"{shown} is in scientific notation; write the amount out in digits.",
                    f"{shown} 是科学计数法；请写出完整数字。",
                ),
                field="amount",
            )
        return BadInput(
            Text(
                f"{shown} is not an amount; write digits with a point, such as 1234.56.",
                f"{shown} 不是金额；请写数字和小数点，如 1234.56。",
            ),
            field="amount",
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """A share in parts per million: Rate(250_000) is 25 %, Rate(-100) a rebate of one basis point."""

    ppm: int

    def __post_init__(self) -> None:
        if type(self.ppm) is not int:
            raise TypeError(f"a rate is a whole number of ppm, not {type(self.ppm).__name__}")

    @classmethod
    def percent(cls, text: str) -> "Rate":
        """Read a percentage in plain decimals, at most four of them: `12.5` is Rate(125_000)."""
        try:
            return cls(Asset("PERCENT", 4).parse(text).units)
        except BadInput as wrong:
            raise BadInput(
                Text(
                    f"{text[:40]!r} is not a percentage with at most four decimals.",
                    f"{text[:40]!r} 不是最多四位小数的百分比。",
                ),
                field="rate",
            ) from wrong

    def as_fraction(self) -> Fraction:
        """The same share as an exact fraction of one."""
        return Fraction(self.ppm, PPM)

    def __str__(self) -> str:
        return f"{_plain(self.ppm, 4, trim=True)}%"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `units` base units of `asset`. May be negative. Truth is "not zero"."""

    units: int
    asset: Asset

    def __post_init__(self) -> None:
        if type(self.units) is not int:
            raise TypeError(f"money is a whole number of base units, not {type(self.units).__name__}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.units + self._same(other), self.asset)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.units - self._same(other), self.asset)

    def __neg__(self) -> "Money":
        return Money(-self.units, self.asset)

    def __abs__(self) -> "Money":
        return Money(abs(self.units), self.asset)

    def __lt__(self, other: "Money") -> bool:
        return self.units < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.units <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.units > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.units >= self._same(other)

    def __bool__(self) -> bool:
        return self.units != 0

    def times(self, share: "Rate | Fraction | int", rounding: Rounding) -> "Money":
        """This amount multiplied by a share, rounded to whole base units as told."""
        if isinstance(share, Rate):
            return Money(rounded(Fraction(self.units * share.ppm, PPM), rounding), self.asset)
        if type(share) not in (Fraction, int):
            raise TypeError(f"money is multiplied by a Rate, Fraction or int, not {type(share).__name__}")
        return Money(rounded(Fraction(self.units) * share, rounding), self.asset)

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Share this amount by whole-number weights so that the parts add up to it exactly.

        Largest remainder: every part is within one base unit of its exact share; units left over go to the
        largest remainders, the earlier part first on a tie. Raises BadInput for a negative weight or all
        zeros.
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise BadInput(
                Text(
                    "Weights must be zero or more, and at least one above zero.",
                    "权重必须大于等于零，且至少一个大于零。",
                ),
                field="weights",
            )
        size = abs(self.units)
        parts = [size * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: -(size * weights[i] % total))
        for i in by_remainder[: size - sum(parts)]:
            parts[i] += 1
        return tuple(Money(part if self.units >= 0 else -part, self.asset) for part in parts)

    def format(self, *, grouped: bool = False) -> str:
        """Plain decimals with all the asset's places; `grouped` puts commas between thousands."""
        return _plain(self.units, self.asset.scale, grouped=grouped)

    def __str__(self) -> str:
        return f"{self.format()} {self.asset.code}"

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money meets only money, not {type(other).__name__}")
        if other.asset != self.asset:
            raise DifferentAssets(self.asset, other.asset)
        return other.units


def total(amounts: Iterable[Money], asset: Asset) -> Money:
    """The sum of amounts, all of `asset`; zero of it when there are none."""
    return sum(amounts, start=Money(0, asset))


def rounded(exact: Fraction, rounding: Rounding) -> int:
    """The whole number that stands for `exact` under a rounding rule."""
    floor, rest = divmod(exact.numerator, exact.denominator)
    if rest == 0:
        return floor
    doubled = 2 * rest - exact.denominator  # negative below the half, zero on it, positive above
    up = {
        Rounding.FLOOR: False,
        Rounding.CEILING: True,
        Rounding.TOWARDS_ZERO: floor < 0,
        Rounding.AWAY_FROM_ZERO: floor >= 0,
        Rounding.HALF_EVEN: doubled > 0 or (doubled == 0 and floor % 2 == 1),
        Rounding.HALF_UP: doubled > 0 or (doubled == 0 and floor >= 0),
    }[rounding]
    return floor + up


def _plain(units: int, scale: int, *, grouped: bool = False, trim: bool = False) -> str:
    whole, rest = divmod(abs(units), 10**scale)
    decimals = f"{rest:0{scale}d}" if scale else ""
    if trim:
        decimals = decimals.rstrip("0")
    text = f"{whole:,}" if grouped else str(whole)
    return ("-" if units < 0 else "") + text + (f".{decimals}" if decimals else "")
