"""Efficiency for its price: over backprop's, with claims only where both intervals at their worst allow them."""

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.figures import value


@pytest.fixture
def selected(make_run, record_of):
    """From estimator -> (η, ratio of times, peak), on one problem with backprop."""

    def select(points, outcome="ok", problems=("beale",), **more):
        every = {"backprop": ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 1000), **points}
        records = []
        for place, problem in enumerate(problems, start=1):
            for spec, (eta, ratio, peak) in every.items():
                became = outcome if spec in points else "ok"
                kinds = {"quality": {"efficiency": eta}, "cost": {"ratio_to_backprop": ratio}, "memory": {"peak_bytes": peak}}
                records += [
                    record_of(Cell(spec, problem, kind), became, n=10 * place, **metrics) for kind, metrics in kinds.items()
                ]
        return value.select(frames.read([make_run(records, **more)]))

    return select


def test_a_price_buys_eta_over_the_price(selected) -> None:
    selection = selected({"a": ((0.2, 0.1, 0.3), (0.5, 0.4, 0.8), 250)})
    bought = {panel.facts["price"]: next(row for row in panel.rows if row["estimator"] == "a") for panel in selection.panels}
    assert list(bought) == ["per second", "per byte of peak memory"]
    second, byte = bought.values()
    assert [second[name] for name in ("value", "low", "high")] == pytest.approx([0.4, 0.2, 0.6])
    assert [byte[name] for name in ("value", "low", "high")] == pytest.approx([0.8, 0.4, 1.2])


def test_more_is_claimed_only_where_it_is_sure(selected) -> None:
    sure = value.finding(selected({"a": ((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), 4000)}))
    assert sure == (
        "On beale, compared with backprop: per second a surely buys more efficiency; no other surely buys more per byte of peak "
        "memory (at best 0.225 times as much: a)."
    )
    open_ = value.finding(selected({"a": ((0.9, 0.5, 1.0), (0.5, 0.4, 0.6), 4000)}, name="open"))
    assert "per second a surely" not in open_
    assert "no other surely buys more per second (at best 1.80 times as much: a)" in open_


def test_a_wrong_estimator_buys_nothing(selected) -> None:
    selection = selected({"a": ((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), 4000)}, outcome="wrong")
    assert value.finding(selection) == "Nothing was measured."
    assert selection.panels


def test_the_problem_with_pictures_is_the_largest_and_the_others_are_in_the_table(selected) -> None:
    selection = selected({"a": ((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), 4000)}, problems=("beale", "booth"))
    assert {panel.facts["problem"] for panel in selection.pictures} == {"booth"}
    assert selection.left_out == ("1 further problem (without a picture)",)
    assert [title for title, _ in value.table(selection).groups] == ["beale", "booth"]


def test_joules_are_prices_where_energy_was_measured(make_run, record_of) -> None:
    """η is 0.8 for half of backprop's energy; the error bound of the counter is in the claim and not in the picture."""
    energy = {"energy": (2.0, 1.9, 2.1), "energy_bound": 0.1, "backprop_energy": 4.0, "backprop_energy_bound": 0.4}
    cells = [
        record_of(Cell("a", "beale", "energy"), **energy, energy_ratio_to_backprop=(0.5, 0.48, 0.52)),
        record_of(Cell("backprop", "beale", "energy"), energy=(4.0, 3.9, 4.1), energy_bound=0.4),
        record_of(Cell("a", "beale", "quality"), efficiency=(0.8, 0.7, 0.9)),
        record_of(Cell("backprop", "beale", "quality"), efficiency=(1.0, 1.0, 1.0)),
    ]
    selection = value.select(frames.read([make_run(cells)]))
    [panel] = selection.panels
    assert panel.title == "per joule: beale"
    row = next(row for row in panel.rows if row["estimator"] == "a")
    assert [row[name] for name in ("value", "low", "high")] == pytest.approx([1.6, 1.4, 1.8])
    assert row["least"] == pytest.approx(0.7 / (0.52 * 1.05 / 0.9))
    assert value.finding(selection) == "On beale, compared with backprop: per joule a surely buys more efficiency."
    table = value.table(selection)
    assert dict(zip(table.columns, table.groups[0][1][1], strict=True))["η per joule"] == "0.400 [0.350, 0.450]"


def test_without_energy_no_column_is_about_joules(selected) -> None:
    table = value.table(selected({"a": ((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), 4000)}))
    assert not [column for column in table.columns if "joule" in column]


def test_without_backprop_there_is_nothing_to_compare_with(make_run, record_of) -> None:
    cells = [("quality", {"efficiency": 0.5}), ("cost", {"multiple": 2.0}), ("memory", {"peak_bytes": 64})]
    results = frames.read([make_run([record_of(Cell("a", "beale", kind), **metrics) for kind, metrics in cells])])
    assert not value.select(results).panels
