"""The page that all others are found from, with how far declared and measured figures agree."""

from collections.abc import Mapping, Sequence

from estimators.registry import ENTRIES, PARTS
from reports.estimators.agreement import comparisons, summary
from reports.estimators.markdown import code, table, wrapped
from reports.estimators.measured import Gauged
from reports.estimators.page import Made
from reports.text import NOTHING

_ABOUT = (
    "One page an estimator: formula, bias and variance, cost, memory and source from its docstring, its parameters, what it "
    "declares, and what was measured beside that. The pages are generated; change the source, not them."
)


def index(cells: Sequence[Gauged], made: Made) -> str:
    """The index in Markdown.

    Args:
        cells: everything that was measured.
        made: how it came to be.
    """
    declared: dict[str, Mapping[str, object]] = {}
    for cell in cells:
        if cell.declared:
            declared.setdefault(cell.name, cell.declared)
    parts = ["# The estimators", wrapped(_ABOUT), code("\n".join(made.commands), "bash"), *([made.where] if made.where else [])]
    parts += ["## Declared against measured", code("\n".join(summary(comparisons(cells))), "text")]
    families = dict.fromkeys(entry.family for entry in ENTRIES.values())
    for family in families:
        lines = [
            (f"[{name}]({name}.md)", entry.rank, entry.summary, *_promises(declared.get(name)))
            for name, entry in ENTRIES.items()
            if entry.family == family
        ]
        parts += [
            f"## {family[:1].upper()}{family[1:]}",
            table(("estimator", "rank", "what", "unbiased", "memory", "needs"), lines),
        ]
    links = ", ".join(f"[{name}]({name}.md)" for name in PARTS)
    parts += ["## Parts", wrapped(f"Many estimators are made of parts, which their specs name: {links}.")]
    return "\n\n".join(parts) + "\n"


def _promises(declared: Mapping[str, object] | None) -> tuple[str, str, str]:
    if declared is None:
        return NOTHING, NOTHING, NOTHING
    needs = declared.get("needs")
    named = ", ".join(map(str, needs)) if isinstance(needs, (list, tuple)) and needs else "nothing"
    return "yes" if declared.get("unbiased") else "no", str(declared.get("memory", NOTHING)), named
