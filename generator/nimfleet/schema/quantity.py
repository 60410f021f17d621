"""Quantities such as ``500m`` or ``16Gi``, read as the API server does (k8s.io/apimachinery, api/resource)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

_QUANTITY: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?", re.ASCII
)
_SUFFIXES: Final[dict[str, Fraction]] = {
    "": Fraction(1),
    **{prefix + "i": Fraction(1024**power) for power, prefix in enumerate("KMGTPE", 1)},
    **{prefix: Fraction(1000**power) for power, prefix in enumerate("kMGTPE", 1)},
    **{prefix: Fraction(1, 1000**power) for power, prefix in enumerate("mun", 1)},
}
_SMALLEST: Final = Fraction(1, 10**9)
_LARGEST_INT: Final = 2**63 - 1
_LARGEST_EXPONENT: Final = 2**31 - 1
_TOO_MANY_DIGITS: Final = 4000


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """``value`` is exact; finer than a billionth was rounded away from zero when it was read."""

    value: Fraction

    @property
    def integer(self) -> int | None:
        """As a 64-bit integer; None when it is none."""
        if self.value.denominator == 1 and abs(self.value) <= _LARGEST_INT:
            return int(self.value)
        return None


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Quantity | None:
    """The quantity that ``text`` means; None when the server would refuse it."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    suffix = match["suffix"] or ""
    scale = _SUFFIXES.get(suffix)
    value = Fraction(match["number"].rstrip(".") or "0")
    if scale is None:
        exponent = int(suffix[1:])
        if abs(exponent) > _LARGEST_EXPONENT:
            return None
        # Far outside of what is kept, only the sign and whether it is zero count.
        exponent = max(-_TOO_MANY_DIGITS, min(_TOO_MANY_DIGITS, exponent))
        scale = Fraction(10) ** exponent
    value *= scale
    if value and value.denominator > 1:
        billionths = value / _SMALLEST
        value = Fraction(-(-billionths.numerator // billionths.denominator)) * _SMALLEST
    return Quantity(-value if match["sign"] == "-" else value)
