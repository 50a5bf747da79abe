"""What the opening says of trainings: who reached what, when and at which learning rate, and how that is over all of them."""

from collections.abc import Sequence

from reports.figures.training.groups import OWN, Group, groups_of, headline, is_search
from reports.figures.training.telling import came_to, reached
from reports.findings import depth
from reports.findings.notice import Notice
from reports.frames import Results, rows
from reports.text import count, listed

_MOST = 6  # methods that a sentence of the opening names


def sentences(results: Results) -> list[str]:
    """About the trainings of estimators that keep their contract; none where nothing was trained.

    One group is told of, the one that the figure shows first; all others are counted. Trainings at several depths are told of by
    `reports.findings.depth`.
    """
    groups = _kept(results)
    compared = [group for group in groups if not is_search(group)]
    first = headline(compared)
    if first is None:
        varied = depth.places(results)
        tried = sum(len(row["curves"]) for group in groups for row in group.trained if depth.place_of(row) not in varied)
        of = "training of a search for learning rates was made", "trainings of a search for learning rates were made"
        return [f"{count(tried, *of)}: trials, from which nothing is claimed."] if tried else []
    told = [f"In training on {first.panel} by {first.rule} these are the {came_to(first, _MOST)}.", reached(first, _MOST)]
    alike = [group for group in compared if group.rates == first.rates]
    return [said for said in (*told, _over_all(alike), _diverged(results)) if said]


def rates(results: Results) -> list[Notice]:
    """That methods are compared at one common learning rate alone, where they are."""
    groups = [group for group in _kept(results) if len(group.trained) > 1 and not is_search(group)]
    if not groups or any(group.rates == OWN for group in groups):
        return []
    said = "so that one may have been trained at a rate that suits another: `gradgauge tune` finds each its own"
    return [Notice(False, f"All methods were trained at one common learning rate for each rule, {said}.")]


def repetitions(results: Results) -> list[Notice]:
    """How few seeds and processes trainings stand on."""
    found = []
    trained = [row for row in rows(results.of("training")) if row["curves"]]
    seeds = {len(row["curves"]) for row in trained}
    if seeds == {1}:
        found.append(Notice(False, "Each training was made with one seed: with another, another method may be ahead."))
    if trained and not any(row["processes"] > len(row["curves"]) for row in trained):
        said = "intervals of T/T are over seeds, and do not hold by how much times differ from process to process"
        found.append(Notice(False, f"Each training was made in one process: {said}."))
    return found


def _kept(results: Results) -> list[Group]:
    """The groups without estimators that failed their contract, as far as anything was trained."""
    wrong = set(results.cells.loc[results.cells["outcome"] == "wrong", "estimator"])
    kept = [group.without(wrong) for group in groups_of(results)]
    return [group for group in kept if group.trained]


def _over_all(groups: Sequence[Group]) -> str:
    """In how many of several pairs of problem and rule each method reached what backprop did with every seed."""
    found: dict[str, list[bool]] = {}
    for group in groups:
        for row in group.trained:
            times = group.ratio(row, "step")
            if row is not group.reference and times.of:
                found.setdefault(row["name"].text, []).append(times.reached == times.of)
    if len(groups) < 2 or not found:
        return ""
    by = [f"{name} in {sum(of)} of {len(of)}" for name, of in found.items() if any(of)]
    pairs = f"Of {len(groups)} pairs of problem and rule, {groups[0].rates}"
    return f"{pairs}, backprop's lowest was reached with every seed by {listed(by, _MOST) if by else 'another in none'}."


def _diverged(results: Results) -> str:
    """How many trainings diverged, each seed counted once."""
    trained = [row for row in rows(results.of("training")) if row["curves"]]
    gone = sum(len(row["seeds_diverged"]) for row in trained)
    every = sum(len(row["curves"]) for row in trained)
    if not gone or every < 2:
        return ""
    return f"All {every} trainings diverged." if gone == every else f"{gone} of {every} trainings diverged."
