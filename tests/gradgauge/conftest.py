"""A project that asv tracks: a repository of three commits, with result files as asv itself writes them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

KEY = "track_sweeps.Width.track_forward_calls"
CONFIG = '{"version": 1, "project": "p", "repo": ".", "results_dir": "results", "show_commit_url": "https://example.org/c/"}'


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def git() -> Callable[..., str]:
    """Runs git in a folder: `git(folder, "rev-parse", "HEAD")`; what it printed."""
    return _git


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository of three commits with asv's results: forward calls rise from 1 to 3 at the last."""
    from asv.results import Results
    from asv.runner import BenchmarkResult

    folder = tmp_path / "project"
    folder.mkdir()
    _git(folder, "init", "--quiet")
    params = [["'backprop'"], ["64"]]
    for place, calls in enumerate((1.0, 1.0, 3.0)):
        _git(folder, "commit", "--quiet", "--allow-empty", "--message", f"change {place}")
        commit = _git(folder, "rev-parse", "HEAD")
        results = Results({"machine": "bench"}, {}, commit, 1_700_000_000_000, "3.11", "py3.11", {})
        results.add_result({"name": KEY, "version": "2", "params": params}, BenchmarkResult([calls], [None], [None], 0, "", None))
        results.save(str(folder / "results"))
    (folder / "asv.conf.json").write_text(CONFIG)
    about = {KEY: {"param_names": ["estimator", "width"], "unit": "calls"}, "version": 2}
    (folder / "results" / "benchmarks.json").write_text(json.dumps(about))
    return folder
