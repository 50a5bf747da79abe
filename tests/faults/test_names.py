"""Hostile names of estimators, problems and files, in every command: nothing runs, nothing is written elsewhere, no trick shows.

Typed names end in one message and exit code 2. Files that are really called so are measured, reported, exported and compared.
"""

import json
import shutil
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks.records import Outcome, RunFolder
from benchmarks.request import Request
from benchmarks.runner import run
from gradgauge.cli import main

pytestmark = pytest.mark.faults

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>&lt;\"'",
    "shell": "$(touch pwned);`touch pwned`|touch pwned&&touch pwned\n touch pwned",
    "traversal": "../../../../../../pwned",
    "control": "a\x00b\x1b[2J\x1b]0;title\x07\x08\r\nok\x7f\x9b31m",
    "long": "x" * 10_000,
    "direction": "\u202egpj.\u2066exe\u200b\ufeff",
    "surrogate": "\udcff\udc80",
    "template": "{{7*7}}{% raw %}%s%n{0.__class__}",
}
FILES = {name: text.replace("/", "_").replace("\x00", "_")[:90] for name, text in HOSTILE.items()}
"""The same as far as they can be names of files."""

OWN = """
from estimators.exact import Backprop
import torch
def Mine():
    return Backprop()
def build(*, device, dtype, seed):
    return torch.nn.Linear(2, 1).to(device, dtype), torch.nn.functional.mse_loss, (torch.ones(3, 2), torch.zeros(3, 1))
"""


class _Page(HTMLParser):
    """Collects what a browser would take for elements, and attributes that run something."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.scripts: list[str | None] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.scripts += [dict(attrs).get("type")] if tag == "script" else []
        self.handlers += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with hostile names that holds a run of files with such names, and a copy of it."""
    folder = tmp_path_factory.mktemp("names") / FILES["html"]
    folder.mkdir()
    for name in FILES.values():
        (folder / f"{name}.py").write_text(OWN)
    specs = [json.dumps(f"{name}.py:Mine") for name in FILES.values()]
    builders = [json.dumps(f"{FILES[name]}.py:build") for name in ("html", "direction", "surrogate")]
    out = folder / FILES["control"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = run(Request("custom", tuple(specs), tuple(builders), ("memory",), out=out))
    assert result.counts == {"ok": 3 * (len(specs) + 1)}
    shutil.copytree(out, folder / FILES["shell"])
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _ended(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, str]:
    """The exit code of the command, what it printed, and what it said on standard error."""
    monkeypatch.setattr(sys, "argv", ["gradgauge", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    out, error = capsys.readouterr()
    code = end.value.code
    assert isinstance(code, int)
    return code, out, error


def _harmless(text: str) -> bool:
    """Whether a terminal shows it as it is: no control, direction or format characters but ends of lines."""
    return all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for character in text.replace("\n", ""))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "command",
    [
        ("list", "{}"),
        ("run", "{}"),
        ("run", "-e", "{}"),
        ("run", "-e", "{}.py:Mine"),
        ("run", "-e", "~{}/x.py:Mine"),
        ("run", "-e", "{}:Mine"),
        ("run", "-e", "spsa[{}=1]"),
        ("run", "-e", "spsa[k={}]"),
        ("run", "-p", "{}"),
        ("run", "-p", "{}.py:build"),
        ("run", "-p", "mlp[data={}]"),
        ("run", "--device", "{}"),
        ("run", "--shard", "{}"),
        ("run", "--measure", "{}"),
        ("run", "--budget", "{}"),
        ("run", "--data", "{}"),
        ("run", "--resume", "{}"),
        ("report", "{}"),
        ("export", "{}"),
        ("export", "{}", "--format", "{}"),
        ("compare", "{}", "other"),
        ("check", "{}"),
        ("check", "{}.py:Mine"),
        ("new", "estimator", "{}"),
        ("new", "{}", "mine"),
        ("doctor", "--device", "{}"),
        ("{}",),
    ],
    ids=" ".join,
)
def test_a_hostile_name_that_is_typed_is_refused_in_harmless_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path, command: tuple[str, ...], name: str
) -> None:
    before = set(folder.parent.iterdir())
    quoted = json.dumps(HOSTILE[name]) if "-e" in command or "-p" in command or "check" in command else HOSTILE[name]
    typed = [part.replace("{}", quoted if part != "{}.py:Mine" else HOSTILE[name]) for part in command]
    code, out, error = _ended(capsys, monkeypatch, *typed)
    assert (code, out) == (2, "")
    assert _harmless(error)
    assert len(error) < len(HOSTILE[name]) + 1000  # it is repeated once
    assert set(folder.parent.iterdir()) == before
    assert list(folder.iterdir()) == []


def test_files_of_such_names_are_measured_and_nothing_else_happens(measured: Path) -> None:
    records, damage = RunFolder.open(measured / FILES["control"]).records()
    assert damage == []
    assert {record.outcome for record in records} == {Outcome.OK}
    made = {f"{name}.py" for name in FILES.values()} | {FILES["control"], FILES["shell"], "__pycache__"}
    assert {path.name for path in measured.iterdir()} <= made
    assert [path.name for path in measured.parent.iterdir()] == [FILES["html"]]


def test_the_report_shows_them_as_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, measured: Path, folder: Path
) -> None:
    runs = [str(measured / FILES[name]) for name in ("control", "shell")]
    code, out, _ = _ended(capsys, monkeypatch, "report", *runs, "-o", "page.html", "--figures", "figures")
    assert code == 0
    assert _harmless(out)
    text = (folder / "page.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.elements.isdisjoint({"img", "iframe", "object", "embed"})
    assert page.scripts == ["text/plain", "text/plain", None]  # its own: two hold data, one runs
    assert page.handlers == []
    assert _harmless(text)
    assert "{{7*7}}" in text


@pytest.mark.parametrize("style", ["text", "markdown", "json"])
def test_a_comparison_shows_them_as_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, measured: Path, style: str
) -> None:
    runs = [str(measured / FILES[name]) for name in ("control", "shell")]
    code, out, _ = _ended(capsys, monkeypatch, "compare", *runs, "--format", style)
    assert code == 0
    assert _harmless(out)
    if style == "markdown":
        assert "<script>" not in out
    if style == "json":
        assert json.loads(out)


@pytest.mark.parametrize("style", ["csv", "latex"])
def test_an_export_holds_them_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, measured: Path, folder: Path, style: str
) -> None:
    code, out, _ = _ended(
        capsys, monkeypatch, "export", str(measured / FILES["control"]), "--format", style, "-o", f"{style}.txt"
    )
    assert code == 0
    assert _harmless(out)
    text = (folder / f"{style}.txt").read_text(encoding="utf-8")
    assert text.count("Mine") >= len(FILES)


def test_an_estimator_of_such_a_name_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for name in FILES.values():
        (folder / f"{name}.py").write_text("raise ValueError(__file__ + '\\x1b[2J')\n")
        code, out, error = _ended(capsys, monkeypatch, "check", json.dumps(f"{name}.py:Mine"))
        assert code == 3
        assert "could not be built: ValueError" in error
        assert _harmless(out + error)


def test_progress_and_summary_show_them_as_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    name = FILES["control"]
    (folder / f"{name}.py").write_text("raise ValueError('\\x1b[2J\\u202e')\n")
    spec = json.dumps(f"{name}.py:Mine")
    asked = ("run", "custom", "-e", spec, "-p", "beale", "--measure", "memory", "--out", FILES["direction"])
    code, out, error = _ended(capsys, monkeypatch, *asked)
    assert code == 3
    assert "ValueError" in error
    assert _harmless(out + error)
