"""Tables on standard output: wrapped for people, one line an item where the output is no terminal."""

import sys
from collections.abc import Sequence

from gradgauge.listing import Item


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
