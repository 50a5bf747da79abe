"""Words and numbers for people: names made safe and short, values with the digits and units that fit them.

Nothing here knows HTML: escaping for the page is the template's business. What is made visible here are characters that no
escaping tames, such as control characters and marks that turn the direction of the text around them.
"""

import math
import unicodedata

NOTHING = "–"
"""What stands where there is no value; never a zero."""

_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})  # Unicode categories without a visible, stable shape
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_RATES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_BYTES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))


def visible(text: str) -> str:
    r"""The text with every control, format and private character written as its code, such as `\u202e`."""
    return "".join(_escaped(character) if unicodedata.category(character) in _UNSEEN else character for character in text)


def short(text: str, limit: int = 44) -> str:
    """The visible text with at most `limit` characters; what is left out of the middle is an ellipsis."""
    seen = visible(text)
    if len(seen) <= limit:
        return seen
    head = (limit - 1) * 2 // 3
    return f"{seen[:head]}…{seen[len(seen) - (limit - 1 - head) :]}"


def number(value: float | None, digits: int = 3) -> str:
    """A value with `digits` significant digits, or a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)  # of the rounded value
    if -4 <= exponent < 6:
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
        return text if exponent < digits else f"{float(text):,.0f}"
    return f"{mantissa}e{exponent}"


def whole(value: float | None) -> str:
    """A count without decimals, or a dash where there is none; what is not whole keeps its digits."""
    if value is None or not math.isfinite(value) or value != round(value):
        return number(value)
    return f"{value:,.0f}"


def tick(value: float) -> str:
    """A round number at an axis: as it is, or as a power of ten where that would be long."""
    if 1e-3 <= value < 1e6:
        return f"{value:,.10g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    digit = round(value / 10.0**exponent)
    power = f"10{str(exponent).translate(_RAISED)}"
    return power if digit == 1 else f"{digit}·{power}"


def interval(value: float | None, low: float | None, high: float | None, digits: int = 4) -> str:
    """`value [low, high]`, or the value with a word where it has no interval."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return f"{number(value, digits)} (no interval)"
    return f"{number(value, digits)} [{number(low, digits)}, {number(high, digits)}]"


def duration(nanoseconds: float | None) -> str:
    """A time in the largest unit that leaves at least one before the point."""
    return scaled(nanoseconds, _TIMES)


def size(count: float | None) -> str:
    """A number of bytes in the largest binary unit that leaves at least one before the point."""
    return scaled(count, _BYTES)


def rate(value: float | None, unit: str) -> str:
    """A rate in the largest multiple of its unit that leaves at least one before the point: `12.3 GB/s`."""
    return scaled(value, (*((factor, prefix + unit) for factor, prefix in _RATES), (1.0, unit)))


def size_tick(count: float) -> str:
    """A round number of bytes at an axis."""
    return size(count).replace(".00", "").replace(".0 ", " ")


def signed_bytes(difference: float) -> str:
    """A difference in whole bytes with its sign, or a dash where there is none."""
    if not math.isfinite(difference):
        return NOTHING
    return f"{'+' if difference > 0 else '−' if difference < 0 else ''}{abs(difference):,.0f} B"


def count(quantity: int, noun: str, plural: str = "") -> str:
    """`1 cell`, `2 cells`."""
    return f"{quantity} {noun if quantity == 1 else plural or noun + 's'}"


def listed(items: list[str], limit: int = 6) -> str:
    """`a, b and c`; beyond `limit` items the rest are counted."""
    shown = items if len(items) <= limit else [*items[: limit - 1], f"{len(items) - limit + 1} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def scaled(value: float | None, units: tuple[tuple[float, str], ...]) -> str:
    """A value in the first unit, the largest, that leaves at least one before the point; or a dash where there is none.

    Args:
        value: in the unit whose factor is 1.
        units: (factor, name), the largest first.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    factor, unit = next((pair for pair in units if abs(value) >= pair[0]), units[-1])
    return f"{number(value / factor)} {unit}" if factor > 1 or value % 1 else f"{value:.0f} {unit}"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
