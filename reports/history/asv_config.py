"""What asv's configuration says of its results: where they are, and where the project shows a commit."""

from dataclasses import dataclass
from pathlib import Path

_NAMES = ("asv.conf.json", "asv.conf.jsonc")


@dataclass(frozen=True)
class Configured:
    """Results of asv.

    Attributes:
        results: their folder.
        checkout: the folder of the configuration; None where none belongs to the results.
        url: what a commit's hash is appended to; empty for none.
    """

    results: Path
    checkout: Path | None = None
    url: str = ""


class ConfigError(ValueError):
    """A folder that neither is one of asv's results nor has a configuration that names one."""


def configured(folder: Path) -> Configured:
    """The results that a folder stands for.

    Args:
        folder: one with a configuration of asv; or asv's results, whose configuration is looked for above them.

    Raises:
        ConfigError: it is neither, or the configuration cannot be read.
    """
    own = _config_in(folder)
    if own is not None:
        results, url = _read(own)
        return Configured(results, folder, url)
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder; expected asv's results, or a folder with an asv.conf.json")
    for above in folder.resolve().parents:
        config = _config_in(above)
        if config is not None:
            results, url = _read(config)
            if results.resolve() == folder.resolve():
                return Configured(folder, above, url)
    return Configured(folder)


def has_config(folder: Path) -> bool:
    """Whether a folder has a configuration of asv; it is not read."""
    return _config_in(folder) is not None


def seems_to_have_results(folder: Path) -> bool:
    """Whether asv's list of benchmarks lies where results commonly are: in `.asv/results`, or beside the configuration.

    The configuration, which names the place, is read by asv alone; this is for where it is not installed.
    """
    return any(any(folder.glob(pattern)) for pattern in ("*/benchmarks.json", "*/*/benchmarks.json"))


def _config_in(folder: Path) -> Path | None:
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def _read(config: Path) -> tuple[Path, str]:
    """Folder of results, and address of commits.

    Raises:
        ConfigError: the file is damaged.
    """
    from asv.config import Config
    from asv.util import UserError

    try:
        found = Config.load(str(config))
        url = str(found.show_commit_url or "")
        return config.parent / str(found.results_dir), "" if url == "#" else url
    except (UserError, OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{config} cannot be read: {error}") from None
