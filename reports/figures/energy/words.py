"""What energies come to, in words and in numbers: what takes least, whether that is sure, and what it rests on."""

from collections.abc import Mapping
from typing import Any

from reports.figures.energy.panels import problems_of, reference
from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, is_eager, left_out_sentence
from reports.joules import NET, TOTAL, energy_interval, joules, over_backprop, watts
from reports.text import NOTHING, count, interval, number, whole

_Both = Mapping[str, Row]
"""Reckoning -> the row of one estimator."""


def finding(selection: Selection) -> str:
    """On the problem on which backprop takes most, what takes least, and whether that is surely less than backprop."""
    problems = [both for both in problems_of(selection.panels).values() if _sound(both)]
    if not problems:
        why = left_out_sentence(selection).removeprefix("Not shown: ")
        return f"Energy was asked for, and is not known: {why}" if why else NOT_MEASURED
    both = max(problems, key=lambda both: (reference(both[TOTAL]) or 0.0, max(row["value"] for row in _sound(both))))
    sound, net = _sound(both), {row["label"]: row for row in both[NET].rows} if NET in both else {}
    least = min(sound, key=lambda row: float(row["value"]))
    backprop = next((row for row in sound if is_eager(row, "backprop")), None)
    on, said = f"On {both[TOTAL].facts['problem']}, ", _amount(least, net)
    if len(sound) == 1:
        return f"{on}{least['label']} takes {said}."
    if backprop is None:
        return f"{on}{least['label']} takes least: {said}."
    if least is backprop:
        surely = all(over_backprop(row, TOTAL)[1] > 1 for row in sound if row is not backprop)
        return f"{on}backprop takes least{', as is sure' if surely else ', though not surely'}: {said}."
    less = "surely less than backprop" if over_backprop(least, TOTAL)[2] < 1 else "least, though not surely less than backprop"
    return f"{on}{least['label']} takes {less}: {said}, against {_amount(backprop, net)}."


def describe(selection: Selection) -> str:
    """Panels, rows, range by problem and reckoning, and how large the error bounds are."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Row charts on logarithmic axes, {count(len(selection.pictures), 'panel')}; the lines through marks are the "
        f"{selection.scope}, the grey lines with ends below them the error bounds of the counter."
    ]
    parts += [f"{panel.title}: {_extent(panel)}." for panel in selection.pictures]
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Energy and error bound in both reckonings, over the base and over backprop."""
    columns = (
        *("estimator", "in all", "error bound", "over the base", "over backprop"),
        *("net of idle", "error bound, net", "net over backprop's", "outcome and marks"),
    )
    groups = tuple(
        (problem, tuple(_line(estimator) for estimator in _estimators(both)))
        for problem, both in problems_of(selection.panels).items()
    )
    caption = f"Energy of one gradient, with the {selection.scope}; apart from it the error bound of the counter, either way"
    return Table(caption, columns, groups)


def parts(selection: Selection) -> Table | None:
    """What the energies rest on: windows, idle power, how busy the device was, and what the power read beside it says."""
    if not selection.panels:
        return None
    columns = ("estimator", "windows", "idle power", "share of busy time", "counter over integrated power", "outcome and marks")
    groups = tuple(
        (problem, tuple(_parts_line(row) for row in next(iter(both.values())).rows))
        for problem, both in problems_of(selection.panels).items()
    )
    return Table("What the energies rest on", columns, groups)


def _line(both: _Both) -> tuple[str, ...]:
    one = next(iter(both.values()))
    ratios = (
        interval(one.get(name), one.get(f"{name}_low"), one.get(f"{name}_high"))
        for name in ("energy_multiple", "energy_ratio_to_backprop")
    )
    return (
        one["label"],
        *_with_bound(both.get(TOTAL)),
        *ratios,
        *_with_bound(both.get(NET)),
        number(over_backprop(one, NET)[0]),
        became(one),
    )


def _with_bound(row: Row | None) -> tuple[str, str]:
    if row is None:
        return NOTHING, NOTHING
    return energy_interval(row["value"], row["low"], row["high"]), f"± {joules(row['bound'])}" if row["bound"] >= 0 else NOTHING


def _parts_line(row: Row) -> tuple[str, ...]:
    busy, beside = number(row.get("energy_busy")), number(row.get("energy_over_power"))
    return (row["label"], whole(row.get("energy_windows")), watts(row.get("idle_power")), busy, beside, became(row))


def _extent(panel: Panel) -> str:
    """The range of a panel, and its largest error bound."""
    values = sorted((row["value"], row["label"]) for row in panel.rows if row["value"] > 0)
    if not values:
        return "no energy above zero"
    (low, first), (high, last) = values[0], values[-1]
    extent = f"from {joules(low)} ({first}) to {joules(high)} ({last})" if len(values) > 1 else f"{joules(low)} ({first})"
    shares = [row["bound"] / row["value"] for row in panel.rows if row["value"] > 0 and row["bound"] >= 0]
    bound = f", error bounds up to {number(100 * max(shares), 2)} %" if shares else ""
    return f"{extent}, {count(len(values), 'estimator')}{bound}"


def _estimators(both: Mapping[str, Panel]) -> list[_Both]:
    """The rows of each estimator, in the order of reports: every panel of a problem has the same ones."""
    rows = [[(metric, row) for row in panel.rows] for metric, panel in both.items()]
    return [dict(pairs) for pairs in zip(*rows, strict=True)]


def _amount(row: Row, net: Mapping[str, Row]) -> str:
    other = net.get(row["label"])
    without = f", {joules(other['value'])} of it net of idle" if other is not None and other["value"] > 0 else ""
    return f"{joules(row['value'])} a gradient{without}"


def _sound(both: Mapping[str, Panel]) -> list[dict[str, Any]]:
    rows = both[TOTAL].rows if TOTAL in both else []
    return [row for row in rows if row["value"] > 0 and row["outcome"] != "wrong"]
