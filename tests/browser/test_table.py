"""The table of every cell, by keyboard alone: sorted by words and by numbers, filtered, and what is shown is said."""

from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def table(opened) -> SimpleNamespace:
    """The table with ways to look at it."""
    page = opened().page

    def column(at: int) -> list[str]:
        return page.eval_on_selector_all(
            "table.sortable tbody tr:not([hidden])", f"rows => rows.map(row => row.cells[{at}].textContent)"
        )

    def sort(name: str, key: str = "Enter") -> None:
        page.locator("table.sortable thead button", has_text=name).focus()
        page.keyboard.press(key)

    headings = page.locator("table.sortable thead th").all_text_contents()
    return SimpleNamespace(page=page, column=lambda name: column(headings.index(name)), sort=sort, headings=headings)


def status(table) -> str:
    return table.page.locator("[role=status]").text_content()


def sorted_heads(table) -> list[tuple[str, str]]:
    return [
        (head.text_content(), head.get_attribute("aria-sort"))
        for head in table.page.locator("table.sortable th[aria-sort]").all()
    ]


def test_enter_and_space_sort_up_and_down_and_one_column_says_so(table) -> None:
    before = table.column("problem")
    table.sort("problem")
    up = table.column("problem")
    assert sorted_heads(table) == [("problem", "ascending")]
    table.sort("problem", "Space")
    assert sorted_heads(table) == [("problem", "descending")]
    assert list(dict.fromkeys(table.column("problem"))) == list(dict.fromkeys(up))[::-1]
    assert sorted(up) == sorted(before)
    table.sort("estimator")
    assert sorted_heads(table) == [("estimator", "ascending")]


def test_numbers_in_words_are_sorted_by_size(table) -> None:
    table.sort("problem")
    sizes = [name for name in dict.fromkeys(table.column("problem")) if name.startswith("sphere[")]
    assert sizes == [f"sphere[n={4**power}]" for power in range(8) if 4**power != 64]


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_missing_is_last_in_either_direction(table, times) -> None:
    for _ in range(times):
        table.sort("multiple of the base")
    values = table.column("multiple of the base")
    assert values.count("–") == 10
    assert set(values[-10:]) == {"–"}


def test_sorting_is_stable(table) -> None:
    table.sort("problem")
    before = list(zip(table.column("estimator"), table.column("problem"), strict=True))
    table.sort("parameters")  # the same for all that have a number
    after = list(zip(table.column("estimator"), table.column("problem"), strict=True))
    numbered = [row for row in before if row[0] != "multi-tangent[k=4]"]
    assert [row for row in after if row[0] != "multi-tangent[k=4]"] == numbered


def test_the_status_line_says_what_is_shown_and_in_which_order(table) -> None:
    assert status(table) == "55 rows"
    table.sort("problem")
    assert status(table) == "55 rows, by problem, ascending"
    table.page.locator("input[type=search]").focus()
    table.page.keyboard.type("WRONG  sphere")
    assert set(table.column("estimator")) == {"spsa[k=1]"}
    assert status(table) == "8 of 55 rows, by problem, ascending"
    for key in ("Control+A", "Delete"):
        table.page.keyboard.press(key)
    assert status(table) == "55 rows, by problem, ascending"


def test_nothing_is_shown_where_nothing_matches(table) -> None:
    table.page.locator("input[type=search]").fill("no such words")
    assert table.column("problem") == []
    assert status(table) == "0 of 55 rows"
