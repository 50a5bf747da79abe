"""What axe-core finds: nothing; and what it cannot decide lies inside pictures, whose contrasts `test_page` measures."""

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_is_undecided_within_pictures_only(opened, flaws, scheme, width) -> None:
    assert flaws(opened(width, color_scheme=scheme).page) == []
