"""What is installed is what was tested: one pinned set for tox, for asv and for users."""

import json
import re
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def pinned() -> dict[str, str]:
    """Name (normalised) -> version of every line of constraints.txt."""
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


def asv_configuration() -> dict[str, object]:
    text = (CHECKOUT / "asv.conf.json").read_text(encoding="utf-8")
    configuration: dict[str, object] = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    return configuration


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()]
    wanted = [*project["project"]["dependencies"], *(item for group in groups for item in group if isinstance(item, str))]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[ ;]", item)[0]).lower() for item in wanted}
    assert names - set(pinned()) == set()


def test_torch_is_pinned_without_a_build() -> None:
    assert pinned()["torch"] == "2.13.0"
    assert not [version for version in pinned().values() if "+" in version]


def test_asv_measures_with_the_pinned_versions() -> None:
    required = asv_configuration()["matrix"]["req"]  # type: ignore[index]
    assert {name: [pinned()[name]] for name in ("torch", "numpy", "psutil")}.items() <= required.items()


def test_asv_results_stay_out_of_the_repository() -> None:
    configuration = asv_configuration()
    assert {str(configuration[name]).partition("/")[0] for name in ("env_dir", "results_dir", "html_dir")} == {".asv"}
    assert ".asv/" in (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
