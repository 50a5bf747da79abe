"""Tables on standard output: wrapped for people, one line an item where the output is no terminal."""

import sys
from collections.abc import Sequence
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
    """Print names, what they are, and their parameters with defaults."""
    if sys.stdout.isatty():
        _show_wrapped(items)
        return
    width = max(len(item.name) for item in items)
    for item in items:
        print(f"{item.name:{width}}  {item.summary}" + (f"  [{item.details}]" if item.details else ""))


def _show_wrapped(items: Sequence[Item]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for item in items:
        text = Text(item.summary).append(f"\n{item.details}" if item.details else "", style="dim")
        table.add_row(Text(item.name, style="bold"), text)
    Console().print(table)
