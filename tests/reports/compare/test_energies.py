"""Energies in comparisons: joules side by side, a verdict on energy over the base alone, and from six processes on."""

import pytest

from reports.compare import Rule, compare
from reports.compare.sections import outcome, sections


@pytest.fixture
def compared(make_run, single):
    """Of one cell measured in so many processes: joules, and energy over the base."""

    def run(base, new, processes: int = 1, **provenance):
        folders = [
            make_run(
                [
                    single("energy", process=i, energy=value, energy_net=value / 2, energy_multiple=value * (1 + i / 1000))
                    for i in range(processes)
                ],
                name=name,
                provenance={"machine": "bench", **(provenance if name == "new" else {})},
            )
            for name, value in (("base", base), ("new", new))
        ]
        return compare(*folders, Rule())

    return run


@pytest.mark.parametrize("machine", ["bench", "other"])
def test_joules_stand_side_by_side_without_a_verdict(compared, machine: str) -> None:
    [section] = [one for one in sections(compared(2.0, 3.0, machine=machine)) if one.name == "joules"]
    [line] = section.lines
    assert line.values == ("2 J, 1 J net", "3 J, 1.50 J net")
    assert (line.change, line.verdict) == ("1.50", "no verdict")
    assert section.finding == "Joules of 1 cell stand side by side, without a verdict."


def test_more_energy_over_the_base_is_a_loss_in_enough_processes(compared) -> None:
    assert outcome(compared(2.0, 3.0, processes=6)) == (
        "1 number compared; losses beyond 3.0 %: energy over the base more in 1 cell."
    )


def test_few_processes_have_no_verdict(compared) -> None:
    assert outcome(compared(2.0, 3.0, processes=5)) == "Nothing could be compared: no number of any cell has a verdict."


def test_another_machine_forbids_it(compared) -> None:
    assert outcome(compared(2.0, 3.0, processes=6, machine="other")).startswith("Nothing could be compared")
