"""A page names no folder of the machine it was made on, and all else of what was asked and where."""

import pytest

from benchmarks.records import RunFolder
from reports.embedded import as_folders
from reports.html import write_report
from reports.shareable import shareable

HEADER = {
    "command": "/home/me/.venv/bin/gradgauge run quick --seed 3",
    "directory": "/home/me/work",
    "options": {"seed": 3, "estimators_from": "/home/me/versions/0123abcd"},
    "provenance": {"machine": "bench", "estimators_in": "/home/me/checkout"},
}


def test_folders_go_and_the_rest_stays() -> None:
    assert shareable(HEADER) == {
        "command": "gradgauge run quick --seed 3",
        "options": {"seed": 3, "estimators_from": "0123abcd"},
        "provenance": {"machine": "bench"},
    }
    assert HEADER["directory"] == "/home/me/work"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("/checkout/gradgauge/__main__.py run quick", "gradgauge run quick"),
        ("gradgauge run -p 'mlp[width=8]'", "gradgauge run -p 'mlp[width=8]'"),
        ("gradgauge", "gradgauge"),
        ("", ""),
    ],
)
def test_a_program_goes_by_its_name(typed: str, shown: str) -> None:
    assert shareable({"command": typed}) == {"command": shown}


def test_a_header_without_any_of_it_is_kept() -> None:
    assert shareable({"run": "one", "provenance": None}) == {"run": "one", "provenance": None}


def test_no_folder_of_the_machine_is_on_a_page(make_run) -> None:
    folder = make_run([], **HEADER)
    page = write_report([folder])
    assert "/home/me" not in page.read_text(encoding="utf-8")
    with as_folders([page]) as [unpacked]:
        assert RunFolder.open(unpacked).header() == shareable(RunFolder.open(folder).header())
