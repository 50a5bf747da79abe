"""The page of a profile in a real browser: silent, accessible, whole without scripts, and no wider than a telephone."""

from pathlib import Path

import pytest

from reports.profiling.page import FILE_NAME
from tests.reports.profiling.conftest import on_cpu_in, on_gpu_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(make_lasting_run, record_of) -> dict[str, Path]:
    """One of a CPU, one of a GPU."""
    found = {"cpu": on_cpu_in(make_lasting_run, record_of), "gpu": on_gpu_in(make_lasting_run, record_of)}
    return {name: folder / FILE_NAME for name, folder in found.items()}


@pytest.mark.parametrize(("name", "width", "scheme"), [("cpu", 320, "dark"), ("gpu", 320, "light"), ("gpu", 1280, "dark")])
def test_it_is_silent_accessible_and_fits(opened, flaws, pages, name, width, scheme) -> None:
    shown = opened(width, path=pages[name], color_scheme=scheme)
    shown.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert flaws(shown.page) == []
    assert [url for url in shown.requests if not url.startswith("data:")] == [pages[name].as_uri()]
    assert shown.said == []


def test_it_is_whole_without_scripts(opened, pages) -> None:
    page = opened(path=pages["gpu"], java_script_enabled=False).page
    text = page.locator("body").text_content()
    assert [
        word for word in ("drawing", "Ceilings", "What does the GPU do meanwhile?", "normal_kernel") if word not in text
    ] == []
    assert page.locator(".panels svg").count() == 3 + 1 + 3  # phases, ceilings, read-outs; no allocation was seen
    assert page.locator("button").count() == 0
