"""The data inside a page come out as they went in; what is no page of ours, or damaged, is refused in words."""

import gzip
import hashlib
import re
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from benchmarks.records import SCHEMA_VERSION, Cell, FolderError, Metric, Record, load
from reports import embedded
from reports.embedded import as_folders, left_out, pack
from reports.export import WRITERS, to_csv
from reports.frames import read
from reports.provenance import origin
from reports.shell import render

LAYERED = Cell("backprop", "beale", "quality")


def page_of(runs: list[Path], path: Path) -> Path:
    """A page that holds the data of runs, without figures: they take their time, and have no part in this."""
    shown = {"brand": "gradgauge page", "headline": "All of it.", "contents": [], "notices": []}
    text = render("base.html", runs=[origin(run) for run in read(runs).runs], data=pack(runs), **shown)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def layered(make_run, record_of) -> Path:
    """A run with the numbers of single layers, and a reason that a CSV must quote."""
    metrics = (Metric("cosine", 1.0, "", None, 0.1 + 0.2, 1.0), *(Metric("cosine", 0.5, "", f"layers.{i}") for i in range(40)))
    odd = record_of(Cell("spsa", "beale", "cost"), "failed", 'ValueError: "a",\tb; é \\n')
    return make_run([Record(LAYERED, odd.outcome, metrics=metrics, marks=frozenset({"imprecise", "contended"})), odd])


@pytest.mark.parametrize("format_", WRITERS)
def test_a_page_exports_what_its_run_exports_in_every_format(format_, odd, tmp_path) -> None:
    page = page_of([odd], tmp_path / "page.html")
    from_run, from_page = (WRITERS[format_]([run], tmp_path / name).read_bytes() for name, run in (("run", odd), ("page", page)))
    assert from_page == from_run


def test_layers_quotes_and_all_digits_come_out_again(layered, tmp_path) -> None:
    page = page_of([layered], tmp_path / "page.html")
    assert to_csv([page], tmp_path / "page.csv").read_bytes() == to_csv([layered], tmp_path / "run.csv").read_bytes()
    with as_folders([page]) as (folder,):
        back = load(folder)
    assert back["low"].max() == 0.1 + 0.2
    assert set(back["marks"]) == {"contended imprecise", ""}


def test_a_page_of_several_runs_gives_all_of_them_in_their_order(make_run, record_of, tmp_path) -> None:
    runs = [
        make_run([record_of(Cell(name, "beale", "cost"), multiple=2.0)], name=name, provenance={"machine": name})
        for name in ("backprop", "spsa")
    ]
    page = page_of(runs, tmp_path / "page.html")
    assert to_csv([page], tmp_path / "page.csv").read_bytes() == to_csv(runs, tmp_path / "runs.csv").read_bytes()
    with as_folders([page, runs[0]]) as folders:
        assert [len(load(folder)) for folder in folders] == [1, 1, 1]


def test_the_page_names_the_hash_of_the_csv_it_holds(full, tmp_path) -> None:
    text = page_of([full], tmp_path / "page.html").read_text(encoding="utf-8")
    ((named, packed),) = re.findall(r'id="embedded-data" data-sha256="(\w+)"[^>]*>([^<]*)<', text)
    assert hashlib.sha256(gzip.decompress(b64decode(packed))).hexdigest() == named
    assert text.count(named) == 2  # beside the data, and for people


def test_where_room_is_short_layers_are_left_out_and_that_is_said(layered, tmp_path, monkeypatch) -> None:
    assert left_out(page_of([layered], tmp_path / "all.html")) == ""
    monkeypatch.setattr(embedded, "LIMIT", len(pack([layered]).table) - 1)
    page = page_of([layered], tmp_path / "page.html")
    assert "those of single layers would take too much room" in page.read_text(encoding="utf-8")
    assert left_out(page) == f"{page} holds no numbers of single layers; the run folder does"
    assert left_out(layered) == ""
    with as_folders([page]) as (folder,):
        assert load(folder)["metric"].tolist() == load(layered).query("layer.isna()")["metric"].tolist()


def rebuilt(page: Path, old: str, new: str) -> Path:
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")
    return page


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('content="gradgauge"', 'content="other"', "is neither a run folder nor a page that gradgauge wrote"),
        ('id="embedded-data"', 'id="data"', "holds no data: an older gradgauge wrote it"),
        ('data-sha256="', 'data-sha256="0', "is damaged: its data are not those whose SHA-256 it names"),
        ('data-without="">H4s', 'data-without="">H4t', "is damaged: its data cannot be unpacked"),
        ('id="embedded-runs">H4sI', 'id="embedded-runs">H4', "is damaged: its data cannot be unpacked"),
    ],
)
def test_what_is_no_whole_page_is_refused_by_name(full, tmp_path, old, new, words) -> None:
    page = rebuilt(page_of([full], tmp_path / "page.html"), old, new)
    with pytest.raises(FolderError, match=re.escape(f"{page} {words}")), as_folders([page]):
        pass


def test_any_other_file_is_refused(tmp_path) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(b"\xff\x00{}")
    with pytest.raises(FolderError, match=r"run\.json is neither a run folder nor a page"), as_folders([file]):
        pass


def test_a_page_of_a_newer_schema_is_refused(full, tmp_path) -> None:
    page = page_of([full], tmp_path / "page.html")
    packed = re.search(r'id="embedded-runs">([^<]*)<', page.read_text(encoding="utf-8")).group(1)
    newer = gzip.decompress(b64decode(packed)).replace(f'"schema": {SCHEMA_VERSION}'.encode(), b'"schema": 99')
    page = rebuilt(page, packed, b64encode(gzip.compress(newer)).decode())
    with pytest.raises(FolderError, match=r"was written with records schema 99; this gradgauge knows"), as_folders([page]):
        pass


def test_unpacked_folders_are_gone_afterwards(full, tmp_path) -> None:
    with as_folders([page_of([full], tmp_path / "page.html")]) as (folder,):
        assert folder.is_dir()
    assert not folder.exists()
