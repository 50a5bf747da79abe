"""The page on rules names the rules that there are, with their defaults, and its example runs."""

import re
from pathlib import Path
from typing import Any

import torch

from estimators.optim.registry import ENTRIES, RULES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")


def test_the_table_shows_rules_at_their_defaults_and_the_page_names_all() -> None:
    shown = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert shown
    assert [RULES.short(spec) for spec in shown] == [spec.partition("[")[0] for spec in shown]
    assert [name for name in ENTRIES if f"`{name}" not in PAGE] == []


def test_the_example_runs_and_trains() -> None:
    before, names = torch.get_rng_state(), dict[str, Any]()
    torch.manual_seed(1)
    code = re.search(r"```python\n(.+?)```", PAGE, re.DOTALL)
    assert code is not None
    exec(code[1], names)
    torch.set_rng_state(before)
    assert names["rule"].work.directions == 10
    assert names["objective"].loss() < names["loss"] * 1.5
