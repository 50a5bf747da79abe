"""What is listed: estimators by family with rank and source, one line an item where nobody looks on, in groups for people."""

import sys

import pytest

from estimators.registry import ENTRIES, FAMILIES
from gradgauge import listing, output


def test_estimators_come_family_by_family_and_the_parts_last() -> None:
    families = [item.family for item in listing.estimators()]
    kinds = list(dict.fromkeys(families))
    assert kinds == [
        *(family for family in FAMILIES if family in kinds),
        *(kind for kind in kinds if kind.startswith("parts: ")),
    ]
    assert [family for family in families if not family.startswith("parts: ")] == sorted(
        (entry.family for entry in ENTRIES.values()), key=FAMILIES.index
    )


def test_every_estimator_has_a_rank_and_a_family_that_is_listed() -> None:
    items = {item.name: item for item in listing.estimators()}
    assert {items[name].rank for name in ENTRIES} <= {"must", "should", "nice"}
    assert {items[name].family for name in ENTRIES} <= set(FAMILIES)
    assert items["spsa"][3:] == ("zeroth order", "must", "Spall 1992")
    assert items["directions=gaussian"].rank == ""


def test_a_line_holds_name_family_rank_what_it_is_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_items(listing.estimators())
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(ENTRIES) <= set(lines)
    assert "  zeroth order  " in lines["spsa"]
    assert "  must    zeroth order: central difference along random signs (Spall 1992)  [k=1, " in lines["spsa"]


def test_what_has_neither_family_nor_rank_has_no_empty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_items([listing.Item("a", "first", ""), listing.Item("long", "second", "x=1")])
    assert capsys.readouterr().out.splitlines() == ["a     first", "long  second  [x=1]"]


def test_a_terminal_shows_a_heading_for_each_family(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")
    output.show_items(listing.estimators())
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    present = [family for family in FAMILIES if any(entry.family == family for entry in ENTRIES.values())]
    assert [line for line in lines if line in FAMILIES] == present
    assert any(line.startswith("spsa ") and " must " in line for line in lines)
