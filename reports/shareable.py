"""What a page tells of a run folder's header: all but the folders of the machine, since pages are sent to others."""

import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

_FOLDERS = ("directory", "estimators_in")


def shareable(header: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a `run.json` without the folders it was started in and measured from; the command by the program's name.

    Args:
        header: is left as it is.
    """
    kept = {name: value for name, value in header.items() if name not in _FOLDERS}
    if isinstance(provenance := kept.get("provenance"), Mapping):
        kept["provenance"] = {name: value for name, value in provenance.items() if name not in _FOLDERS}
    options = kept.get("options")
    if isinstance(options, Mapping) and (folder := options.get("estimators_from")):
        kept["options"] = {**options, "estimators_from": PurePath(str(folder)).name}  # of a version: its commit
    if isinstance(command := kept.get("command"), str):
        kept["command"] = _by_name(command)
    return kept


def _by_name(command: str) -> str:
    """A command without the folder that its program lies in; arguments stay as they were typed."""
    program, space, arguments = command.partition(" ")
    try:
        name = PurePath("".join(shlex.split(program))).name
    except ValueError:  # a quoted blank in the folder's name
        return command
    return f"{'gradgauge' if name == '__main__.py' else name}{space}{arguments}"
