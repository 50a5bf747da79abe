"""Tables on standard output: in groups and wrapped for people, one line an item where the output is no terminal."""

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TextIO

from gradgauge.listing import Item
from reports.text import visible


def say(text: object, stream: TextIO | None = None) -> None:
    """Print text for people, whoever chose the names in it: lines stay lines, and nothing else in it steers the terminal.

    Args:
        text: of one line or several.
        stream: standard output unless given.
    """
    print("\n".join(map(visible, str(text).split("\n"))), file=stream or sys.stdout)


def show_items(items: Sequence[Item]) -> None:
    """Print names, what they are, where they are published, and their parameters with defaults."""
    if sys.stdout.isatty():
        _show_wrapped(items)
        return
    columns = [column for column in ("name", "family", "rank") if any(getattr(item, column) for item in items)]
    widths = {column: max(len(getattr(item, column)) for item in items) for column in columns}
    for item in items:
        head = "  ".join(f"{getattr(item, column):{width}}" for column, width in widths.items())
        print(f"{head}  {_sourced(item)}" + (f"  [{item.details}]" if item.details else ""))


def _sourced(item: Item) -> str:
    return f"{item.summary} ({item.source})" if item.source else item.summary


def _show_wrapped(items: Sequence[Item]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    width = max(len(item.name) for item in items)
    ranked = max(len(item.rank) for item in items)
    for family, members in groupby(items, key=lambda item: item.family):
        if family:
            console.print(Text(f"\n{family}", style="bold underline"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, min_width=width)
        if ranked:
            table.add_column(no_wrap=True, min_width=ranked)
        table.add_column(ratio=1)
        for item in members:
            text = Text(item.summary)
            for line in filter(None, (item.source, item.details)):
                text.append(f"\n{line}", style="dim")
            table.add_row(Text(item.name, style="bold"), *([Text(item.rank)] if ranked else []), text)
        console.print(table)
