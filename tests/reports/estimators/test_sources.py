"""Docstrings are read from the files, taken apart as they are written, and of every registered estimator and part."""

import pytest

from estimators.registry import ENTRIES, PARTS
from reports.estimators import sources
from reports.estimators.sources import source

EVERYTHING = [*ENTRIES.values(), *(entry for table in PARTS.values() for entry in table.values())]


@pytest.mark.parametrize("target", sorted({entry.target for entry in EVERYTHING}))
def test_every_registered_class_says_something(target: str) -> None:
    said = source(target)
    assert said.text
    assert (sources.ROOT / said.file).is_file()


@pytest.mark.parametrize("name", ENTRIES)
def test_every_parameter_of_an_estimator_is_told_of_by_its_docstring_or_its_table(name: str) -> None:
    said = source(ENTRIES[name].target)
    assert all(said.arguments.get(key) or parameter.about for key, parameter in ENTRIES[name].parameters.items())


def write(folder, text: str) -> None:
    path = folder / "estimators" / "made.py"
    path.parent.mkdir()
    path.write_text(text)


def test_text_arguments_and_example_are_taken_apart(tmp_path, monkeypatch) -> None:
    write(
        tmp_path,
        '''class Mine:
    """One line.

    Formula: a * b.

        indented

    Args:
        k: how many,
            and why.
        step: h.

    Example:
        >>> 1 + 1
        2
    """
''',
    )
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    said = source.__wrapped__("estimators.made:Mine")
    assert said.text == "One line.\n\nFormula: a * b.\n\n    indented"
    assert said.arguments == {"k": "how many, and why.", "step": "h."}
    assert said.example == ">>> 1 + 1\n2"
    assert said.file == "estimators/made.py"


def test_a_class_from_another_module_is_found_there(tmp_path, monkeypatch) -> None:
    write(tmp_path, "from estimators.other import There as Mine\n")
    (tmp_path / "estimators" / "other.py").write_text('class There:\n    """Here."""\n')
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    assert source.__wrapped__("estimators.made:Mine").text == "Here."
    source.cache_clear()


@pytest.mark.parametrize(("text", "words"), [("class Mine: ...", "has no docstring"), ("x = 1", "defines no 'Mine'")])
def test_what_is_missing_is_named(tmp_path, monkeypatch, text: str, words: str) -> None:
    write(tmp_path, text)
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    with pytest.raises(LookupError, match=words):
        source.__wrapped__("estimators.made:Mine")
