"""Words and numbers for people: nothing unseen, nothing missing shown as zero."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import text


@given(st.text())
def test_visible_text_has_no_control_or_direction_characters(name: str) -> None:
    assert not {unicodedata.category(character) for character in text.visible(name)} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_visible_writes_the_code_of_what_cannot_be_seen() -> None:
    assert text.visible("a\x07b\u202ec\U000e0041") == "a\\x07b\\u202ec\\U000e0041"


@given(st.text(), st.integers(5, 60))
def test_short_text_keeps_within_its_limit(name: str, limit: int) -> None:
    assert len(text.short(name, limit)) <= limit


def test_short_text_keeps_both_ends() -> None:
    assert text.short("forward-gradient[directions=rademacher]", 20) == "forward-grad…macher]"


@pytest.mark.parametrize("write", [text.number, text.whole, text.duration, text.size])
@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_missing_number_is_a_dash_and_never_zero(write, missing) -> None:
    assert write(missing) == text.NOTHING


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (3.14159, "3.14"),
        (0.0012345, "0.00123"),
        (141.2, "141"),
        (9.9999, "10.0"),
        (99999.9, "100,000"),
        (123456.0, "123,456"),
        (-2.5, "-2.50"),
        (1.5e-9, "1.50e-9"),
    ],
)
def test_numbers_have_three_significant_digits(value: float, expected: str) -> None:
    assert text.number(value) == expected


def test_an_interval_that_is_not_known_is_said_to_be_missing() -> None:
    assert text.interval(2.0, 1.9, 2.1) == "2.000 [1.900, 2.100]"
    assert text.interval(2.0, None, None) == "2.000 (no interval)"
    assert text.interval(None, 1.9, 2.1) == text.NOTHING


@pytest.mark.parametrize(("value", "expected"), [(0, "0 B"), (776, "776 B"), (1536, "1.50 KiB"), (3 * 2**20, "3.00 MiB")])
def test_sizes_have_binary_units(value: int, expected: str) -> None:
    assert text.size(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(250, "250 ns"), (2500, "2.50 µs"), (2.5e9, "2.50 s")])
def test_durations_have_the_unit_that_fits(value: float, expected: str) -> None:
    assert text.duration(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1.0, "1"), (0.005, "0.005"), (1e5, "100,000"), (1e-5, "10⁻⁵"), (2e-4, "2·10⁻⁴"), (1e7, "10⁷")]
)
def test_ticks_are_short(value: float, expected: str) -> None:
    assert text.tick(value) == expected


def test_lists_count_what_they_do_not_name() -> None:
    assert text.listed([]) == ""
    assert text.listed(["a"]) == "a"
    assert text.listed(["a", "b", "c"]) == "a, b and c"
    assert text.listed(list("abcdefgh"), limit=3) == "a, b and 6 more"


@pytest.mark.parametrize(
    ("difference", "said"), [(-5056, "−5,056 B"), (256.0, "+256 B"), (0, "0 B"), (float("nan"), "–"), (float("inf"), "–")]
)
def test_a_difference_in_bytes_has_its_sign_and_is_never_rounded(difference, said) -> None:
    assert text.signed_bytes(difference) == said
