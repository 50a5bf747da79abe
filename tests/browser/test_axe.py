"""What axe-core finds: nothing; and what it cannot decide lies inside pictures, whose contrasts `test_page` measures."""

import pytest

pytestmark = pytest.mark.browser

STILL = """
    .tall, .scroll { overflow: visible !important; max-height: none !important; content-visibility: visible !important }
    .tall thead th { position: static !important }
"""
"""Nothing covers anything: otherwise axe calls the contrast of what is covered undecided, and says nothing of it."""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_is_undecided_within_pictures_only(opened, scheme, width) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(width, color_scheme=scheme).page
    page.add_style_tag(content=STILL)
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    found = Axe().run(page).response
    assert [(one["id"], node["html"][:200]) for one in found["violations"] for node in one["nodes"]] == []
    undecided = [node["target"][0] for one in found["incomplete"] for node in one["nodes"]]
    assert [target for target in undecided if page.eval_on_selector(target, "e => e.closest('svg') === null")] == []
