"""Which run folders are parts of one run: those that agree in code, machine, versions and the files they measured.

Shards, repetitions and further suites of one version are; another commit, machine or version is a run of its own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reports.text import count, visible

Header = Mapping[str, Any]
"""The content of a `run.json`."""

_COMPARABLE = ("ruler", "estimators", "machine", "cpu", "gpu", "torch", "versions")  # provenance that parts agree on


def parts(headers: Sequence[Header]) -> list[list[int]]:
    """The places of the headers, those of one run together, in the order of their first."""
    groups: list[list[int]] = []
    for place, header in enumerate(headers):
        for group in groups:
            if all(_together(headers[other], header) for other in group):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def name_of(header: Header, folder: str) -> str:
    """What a run calls itself, with every character visible; else the name of its folder."""
    return visible(str(header.get("run", folder)))


def joint_name(names: Sequence[str]) -> str:
    """What the parts of one run are called together: as the first of them, with the others counted."""
    return names[0] if len(names) == 1 else f"{names[0]} and {count(len(names) - 1, 'more part')}"


def _together(first: Header, second: Header) -> bool:
    """Whether two runs agree on everything that decides about numbers, and no file changed between them."""
    return _comparable(first) == _comparable(second) and all(
        _files(second).get(file, digest) == digest for file, digest in _files(first).items()
    )


def _comparable(header: Header) -> str:
    provenance = header.get("provenance") or {}
    return json.dumps([header.get("protocol"), *(provenance.get(name) for name in _COMPARABLE)], sort_keys=True)


def _files(header: Header) -> dict[str, Any]:
    return dict((header.get("provenance") or {}).get("files") or {})
