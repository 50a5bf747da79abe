"""Where something stops paying: what is said of a course follows from its points, and nothing is said between or beyond them."""

import math

import pytest

from reports.paying import Paying, Verdict, paying, verdict

SIGNS = {"+": Verdict.PAYS, "-": Verdict.NOT, "?": Verdict.OPEN}


def course(signs: str) -> Paying:
    """A course at the sizes 1, 2, 4, ..."""
    return paying((2**place, SIGNS[sign]) for place, sign in enumerate(signs))


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        ("++--", "pays up to n = 2 and no longer from 4 on"),
        ("+?-", "pays up to n = 1 and no longer from 4 on"),
        ("+++", "pays at every measured size"),
        ("++?", "pays up to n = 2, with larger sizes undecided"),
        ("---", "pays at no measured size"),
        ("?--", "does not pay from n = 2 on, with smaller sizes undecided"),
        ("-?", "pays at no measured size, as far as that is decided"),
        ("??", "is undecided at every measured size"),
        ("-+", "pays at n = 2 but not at every smaller size"),
        ("+-+-", "pays at n = 4 but not at every smaller size"),
    ],
)
def test_a_course_in_words(signs, said) -> None:
    assert course(signs).words(1) == said


def test_several_are_said_in_the_plural() -> None:
    assert course("--").words(2) == "pay at no measured size"
    assert course("?-").words(2) == "do not pay from n = 2 on, with smaller sizes undecided"
    assert course("?").words(2) == "are undecided at every measured size"


def test_the_order_of_points_does_not_matter() -> None:
    points = [(4, Verdict.NOT), (1, Verdict.PAYS), (2, Verdict.OPEN)]
    assert paying(points) == paying(reversed(points)) == Paying(last=1, first=4, decided=False, refuted=True, mixed=False)


def test_what_pays_longest_comes_first() -> None:
    assert sorted((course(signs) for signs in ("--", "+-", "++")), key=lambda one: one.rank) == [
        course(signs) for signs in ("++", "+-", "--")
    ]


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(1.1, 2.0, "yes"), (0.2, 0.9, "no"), (0.9, 1.1, "undecided"), (math.nan, 0.5, "no"), (math.nan, math.nan, "undecided")],
)
def test_a_point_has_a_verdict_only_where_its_interval_leaves_one_out(least, most, said) -> None:
    assert verdict(least, most).value == said
