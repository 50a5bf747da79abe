"""A verdict is recalled as long as nothing it depends on has changed, and whatever lies in the cache does no harm."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from benchmarks.cell import measure_cell
from benchmarks.contract import cache
from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
from benchmarks.contract.result import ClauseResult
from benchmarks.records import CONTRACT, Cell, Outcome, Record
from estimators.registry import ESTIMATORS

SPEC = "backprop"
RESULTS = [
    ClauseResult("output", Verdict.PASSED, "names", "as the parameters"),
    ClauseResult("span", Verdict.FAILED, "in", "out"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "contract"


def key(spec: str = SPEC, seed: int = 0, device: str = "cpu", dtype: str = "float32") -> str:
    found = cache.key(spec, seed=seed, device=device, dtype=dtype)
    assert found is not None
    return found


def measured(spec: str = SPEC) -> Record:
    return measure_cell(Cell(ESTIMATORS.canonical(spec), CONTRACT, CONTRACT))


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], str]:
    """Writes an estimator of the user's own, with a comment, and gives its spec."""

    def write(comment: str) -> str:
        path = tmp_path / "mine.py"
        path.write_text(f"from estimators.exact import Backprop as Mine  # {comment}\n")
        return f"{path}:Mine"

    return write


def test_what_is_stored_is_loaded(folder: Path) -> None:
    cache.store("a", RESULTS)
    kept = cache.load("a")
    assert kept is not None
    assert list(kept.results) == RESULTS
    assert kept.measured.endswith("+00:00")
    assert [path.name for path in folder.iterdir()] == ["a.json"]


def test_nothing_is_recalled_before_it_was_stored() -> None:
    assert cache.load("a") is None


@pytest.mark.parametrize(
    "content", ["", "{", "null", "[]", "{}", '{"measured": "now", "clauses": []}', '{"clauses": [{"clause": 1}]}']
)
def test_a_damaged_file_counts_as_none_and_is_replaced(folder: Path, content: str) -> None:
    cache.store("a", RESULTS)
    (folder / "a.json").write_text(content)
    assert cache.load("a") is None
    cache.store("a", RESULTS)
    assert cache.load("a") is not None


def test_bytes_that_are_no_text_count_as_none(folder: Path) -> None:
    cache.store("a", RESULTS)
    (folder / "a.json").write_bytes(b"\xff\xfe\x00")
    assert cache.load("a") is None


def test_a_cache_that_cannot_be_written_to_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file"))
    cache.store("a", RESULTS)
    assert cache.load("a") is None
    assert measured().outcome is Outcome.OK


def test_the_key_is_the_same_twice_and_another_for_whatever_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [key(), key(spec="forward-mode"), key(seed=1), key(dtype="float64")]
    monkeypatch.setattr(torch, "__version__", "0.0")
    keys.append(key())
    assert len(set(keys)) == len(keys)
    monkeypatch.undo()
    assert key() == keys[0]


def test_the_key_of_a_file_follows_its_contents_and_its_neighbours(own: Callable[[str], str], tmp_path: Path) -> None:
    before = key(own("one"))
    assert key(own("two")) != before
    assert key(own("one")) == before
    (tmp_path / "helpers.py").write_text("x = 1\n")
    assert key(own("one")) != before


def test_the_key_of_a_file_follows_what_was_imported_from_elsewhere(
    own: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = ModuleType("imported_elsewhere")
    elsewhere.__file__ = str(tmp_path / "library" / "elsewhere.py")
    file = Path(elsewhere.__file__)
    file.parent.mkdir()
    file.write_text("x = 1\n")
    before = key(own("one"))
    monkeypatch.setitem(sys.modules, "imported_elsewhere", elsewhere)
    imported = key(own("one"))
    file.write_text("x = 2\n")
    assert len({before, imported, key(own("one"))}) == 3


def test_estimators_of_installed_packages_are_never_kept() -> None:
    assert cache.key("estimators.exact:Backprop", seed=0, device="cpu", dtype="float32") is None


@pytest.mark.parametrize("named", ["relative", ""])
def test_without_a_folder_named_verdicts_lie_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert cache.folder() == tmp_path / ".cache" / "gradgauge" / "contract"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert cache.folder() == tmp_path / "other" / "gradgauge" / "contract"


def test_a_second_cell_recalls_the_verdict_and_says_so() -> None:
    first, second = measured(), measured()
    assert "kept" not in first.facts
    assert second.facts["kept"] >= first.started[: len("2026-01-01T00:00:00")]  # kept to the second
    assert second.facts["clauses"] == first.facts["clauses"]
    assert {metric.method for metric in second.metrics} == {"kept from an earlier run"}
    assert [metric.value for metric in second.metrics] == [metric.value for metric in first.metrics]


def test_a_broken_contract_is_recalled_as_broken(own: Callable[[str], str]) -> None:
    spec = own("kept")
    ESTIMATORS.build(spec)  # what it imports is in its key
    cache.store(key(spec), RESULTS)
    record = measured(spec)
    assert record.outcome is Outcome.WRONG
    assert record.reason == "span: expected in, observed out"


def test_what_is_recalled_is_what_would_be_found() -> None:
    measured()
    kept = cache.load(key())
    assert kept is not None
    assert list(kept.results) == check_estimator(ESTIMATORS.build(SPEC))
