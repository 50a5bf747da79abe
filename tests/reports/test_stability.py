"""The page of a run of the suite stability opens with how deep each rule trains, and is the same to the byte when made again."""

import re

from reports.html import write_report
from tests.reports.figures.test_perturbation import RUN as MOVES
from tests.reports.figures.test_trainable import RUN as TRAININGS
from tests.reports.figures.test_weights import RUN as WATCHED


def test_the_page_opens_with_trainable_depth_and_shows_all_three_figures(make_run, tmp_path) -> None:
    folder = make_run([*TRAININGS, *MOVES, *WATCHED])
    first, second = (write_report([folder], tmp_path / name).read_bytes() for name in ("first.html", "second.html"))
    text = first.decode()
    assert first == second
    [opening] = re.findall(r'<p class="lead">(.*?)</p>', text, re.DOTALL)
    assert "the deepest that trains has 50 with fromage" in opening
    assert all(f'id="{name}"' in text for name in ("trainable-depth", "perturbation", "weights"))
