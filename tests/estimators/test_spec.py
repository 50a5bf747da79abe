"""A spec is text that is parsed, never evaluated, and writing it out and reading it back changes nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.spec import Spec, SpecError, nearest, parse, write

words = st.text(st.characters(categories=("L", "N", "P", "S", "Z"), include_characters="\n\"\\'"), min_size=1, max_size=12)
literals = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), words, st.sampled_from(["none", "1e3"])
)
keys = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


def specs_of(values: st.SearchStrategy) -> st.SearchStrategy:
    pairs = st.dictionaries(keys, values, min_size=1, max_size=3)
    return st.builds(lambda name, parameters: Spec(name, tuple(sorted(parameters.items()))), words, pairs)


values = st.recursive(literals, lambda inner: st.tuples(inner) | st.tuples(inner, inner) | specs_of(inner), max_leaves=8)


@given(specs_of(values))
def test_a_written_spec_reads_back_as_itself(spec: Spec) -> None:
    again = parse(str(spec))
    assert again == spec
    assert str(again) == str(spec)
    assert [type(value) for _, value in again.parameters] == [type(value) for _, value in spec.parameters]


@given(st.text(max_size=40))
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    try:
        spec = parse(text)
    except SpecError:
        return
    assert parse(str(spec)) == spec


def test_nested_specs_numbers_and_paths_are_read() -> None:
    spec = parse('my/file.py:Mine[ k = 16, directions=angle[degrees=45.5], v=((1,0),(0,-1e-3)), on=true, label="a, b" ]')
    assert spec.name == "my/file.py:Mine"
    assert spec.get("k") == 16
    assert spec.get("directions") == Spec("angle", (("degrees", 45.5),))
    assert spec.get("v") == ((1, 0), (0, -1e-3))
    assert spec.get("on") is True
    assert spec.get("label") == "a, b"
    assert spec.get("absent") is None


def test_words_that_look_like_literals_are_quoted_when_written() -> None:
    assert [write(text) for text in ("none", "true", "12", "1e3", "gaussian")] == [
        '"none"', '"true"', '"12"', '"1e3"', "gaussian"
    ]  # fmt: skip
    assert write(math.inf) == "inf"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a name at character 1, found the end"),
        ("a[", "expected a parameter name or ']'"),
        ("a[k]", "expected '=' after parameter 'k'"),
        ("a[k=]", "expected a value"),
        ("a[k=1", "expected ',' or ']' at character 6, found the end"),
        ("a[k=1]x", "expected the end of the spec at character 7, found 'x'"),
        ("a[k=1,k=2]", "parameter 'k' is given twice"),
        ("a[k=(1", "expected ',' or ')'"),
        ("a[k=__import__('os')]", "expected ',' or ']'"),
        ("a" + "[b=c" * 50, "nested more than 20 deep"),
    ],
)
def test_bad_grammar_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert words in str(caught.value)


def test_nearest_names_the_near_ones_and_else_all() -> None:
    assert nearest("backprob", ["backprop", "spsa"]) == "did you mean 'backprop'?"
    assert nearest("zzz", ["backprop", "spsa"]) == "known: backprop, spsa"
