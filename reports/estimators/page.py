"""The page of one registered estimator: its source, parameters, declaration and measured figures, in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from estimators.naming import Entry, Parameter
from estimators.registry import ENTRIES, PARTS
from estimators.spec import write
from reports.estimators.agreement import Comparison, comparisons, counted
from reports.estimators.markdown import code, prose, table, wrapped
from reports.estimators.measured import QUANTITIES, Figure, Gauged, Kept, Quantity
from reports.estimators.sources import Source, source
from reports.text import NOTHING, interval, number, size

_PROMISES = (
    ("unbiased", "E[estimate] = g"),
    ("exact", "equals g up to rounding"),
    ("stochastic", "depends on the generator"),
    ("in_span", "lies in the span of its tangents"),
    ("descends", "⟨estimate, g⟩ ≥ 0, for every draw"),
    ("isotropic", "turns with the gradient"),
    ("homogeneous", "c times the loss has c times the estimate"),
    ("linear", "the estimate of a batch is the mean of those of its samples"),
    ("permutation_invariant", "the order of samples does not matter"),
    ("remembers", "depends on the estimates before it"),
    ("records_tape", "saves tensors for a backward pass"),
    ("simulated", "takes its derivatives from the known gradient"),
)
"""Field of a declaration -> what it says."""


@dataclass(frozen=True)
class Made:
    """How the figures of the pages came to be.

    Attributes:
        commands: to type.
        where: commit, machine and date, in a line; empty where nothing was measured.
    """

    commands: tuple[str, ...]
    where: str


def page(name: str, cells: Sequence[Gauged], contracts: Sequence[Kept], made: Made) -> str:
    """The page of an estimator.

    Args:
        name: in the registry.
        cells: what was measured of it.
        contracts: what became of its contract.
        made: how the figures came to be.
    """
    entry, said = ENTRIES[name], source(ENTRIES[name].target)
    parts = [
        f"# {name}",
        wrapped(f"{_capital(entry.summary)}. Family: {entry.family}. Rank: {entry.rank}. Code: `{said.file}`."),
        *([wrapped(f"Published: {entry.source}.")] if entry.source else []),
        prose(said.text),
        *_made_of(entry),
        *_parameters(entry, said),
        *(["## Example", code(said.example, "python")] if said.example else []),
        *_declared(cells),
        *_measured(cells),
        *_contract(contracts),
        *_commands(cells, contracts, made),
    ]
    return "\n\n".join(parts) + "\n"


def part_page(table_name: str) -> str:
    """The page of all parts of one kind, by which estimators are put together."""
    parts = [
        f"# {_capital(table_name)}",
        wrapped(f"What `{table_name}=` names in the specs of estimators that have such a part."),
    ]
    for name, entry in PARTS[table_name].items():
        said = source(entry.target)
        parts += [f"## {name}", wrapped(f"{_capital(entry.summary)}. Code: `{said.file}`."), prose(said.text)]
        parts += [_parameter_table(entry, said)] if entry.parameters else []
    return "\n\n".join(parts) + "\n"


def _made_of(entry: Entry) -> list[str]:
    """The parts that an estimator has unless its spec says otherwise, each in its own words."""
    chosen = {key: value for key, value in entry.fixed.items() if key in PARTS}
    chosen |= {key: parameter.default for key, parameter in entry.parameters.items() if parameter.kind == "part"}
    lines = ["## Made of"] if chosen else []
    for key, value in chosen.items():
        kind = entry.parameters[key].part if key in entry.parameters else key
        part = str(value).partition("[")[0]
        fixed = "always" if key in entry.fixed else "unless the spec says otherwise"
        lines += [f"**{key} = [{part}]({kind}.md#{part})**, {fixed}.", prose(source(PARTS[kind][part].target).text)]
    return lines


def _parameters(entry: Entry, said: Source) -> list[str]:
    fixed = ", ".join(f"`{key}={write(value)}`" for key, value in entry.fixed.items() if key not in PARTS)
    lines = [_parameter_table(entry, said)] if entry.parameters else ["It has none."]
    return ["## Parameters", *lines, *([f"Fixed by the name: {fixed}."] if fixed else [])]


def _parameter_table(entry: Entry, said: Source) -> str:
    lines = [
        (f"`{key}`", f"`{write(parameter.default)}`", _values(parameter), prose(said.arguments.get(key, parameter.about)))
        for key, parameter in entry.parameters.items()
    ]
    return table(("parameter", "default", "values", "what it is"), lines)


def _values(parameter: Parameter) -> str:
    if parameter.kind != "part":
        return parameter.expected()
    named = ", ".join(parameter.choices) if parameter.choices else f"a part: [{parameter.part}]({parameter.part}.md)"
    return f"one of {named}" if parameter.choices else named


def _declared(cells: Sequence[Gauged]) -> list[str]:
    """The declaration for the first problem that was measured; its numbers stand beside the measured ones."""
    cell = next((cell for cell in cells if cell.declared), None)
    if cell is None:
        return []
    held = cell.declared
    lines = [(f"`{field}`", "yes" if held[field] else "no", words) for field, words in _PROMISES if field in held]
    lines.append(("`memory`", held.get("memory", NOTHING), "the class of memory beyond the base forward pass"))
    lines.append(("`needs`", ", ".join(held.get("needs", ())) or "nothing", "what an objective must offer beyond its loss"))
    if drift := held.get("drifts_parameters"):
        lines.append(("`drifts_parameters`", number(drift), "roundings that an estimate leaves in the parameters, at most"))
    return ["## Declared", f"By `{cell.label}` for `{cell.problem}`:", table(("promise", "made", "which means"), lines)]


def _measured(cells: Sequence[Gauged]) -> list[str]:
    if not cells:
        return []
    compared = {(one.cell.label, one.cell.problem, one.quantity.metric): one for one in comparisons(cells)}
    parts = ["## Measured, beside what is declared"]
    for problem in dict.fromkeys(cell.problem for cell in cells):
        here = [cell for cell in cells if cell.problem == problem]
        columns = [title for quantity in QUANTITIES for title in _titles(quantity)]
        measured = [cell for cell in here if cell.figures]
        lines = [(f"`{cell.label}`", *(text for q in QUANTITIES for text in _texts(q, cell, compared))) for cell in measured]
        parts.append(f"On `{problem}`:")
        parts += [table(("estimator", *columns), lines, len(columns))] if lines else []
        parts += [reason for cell in here for reason in _reasons(cell)]
    parts.append(
        wrapped(
            "Brackets hold 95 % intervals: of quality over draws, of times within a process or over several. The runtime "
            "and FLOP multiples are over the base forward pass, timed on the machine below; the peak is beyond parameters, "
            "buffers and batch. A declared value that the measured one does not bear out is marked ✗."
        )
    )
    return parts


def _reasons(cell: Gauged) -> list[str]:
    """Why there are no figures, one line for all kinds of measurement that share it."""
    kinds: dict[str, list[str]] = {}
    for kind, reason in cell.reasons.items():
        kinds.setdefault(reason, []).append(kind)
    return [wrapped(f"`{cell.label}`: {', '.join(of)}: {prose(reason)}.") for reason, of in kinds.items()]


def _titles(quantity: Quantity) -> tuple[str, ...]:
    return (quantity.title, "declared") if quantity.declared else (quantity.title,)


def _texts(quantity: Quantity, cell: Gauged, compared: Mapping[tuple[str, str, str], Comparison]) -> tuple[str, ...]:
    figure = cell.figures.get(quantity.metric)
    if not quantity.declared:
        return (_number(quantity, figure),)
    one = compared.get((cell.label, cell.problem, quantity.metric))
    declared = cell.declared.get(quantity.declared)
    return (_number(quantity, figure), counted(declared) + (" ✗" if one is not None and not one.agrees else ""))


def _number(quantity: Quantity, figure: Figure | None) -> str:
    if figure is None:
        return NOTHING
    if quantity.metric == "peak_bytes":
        return size(figure.value)
    if quantity.counted:
        return counted(figure.value)
    return interval(figure.value, figure.low, figure.high)


def _contract(contracts: Iterable[Kept]) -> list[str]:
    lines = []
    for kept in contracts:
        counted = ", ".join(f"{quantity} {verdict}" for verdict, quantity in kept.counts.items() if quantity)
        lines.append((f"`{kept.label}`", kept.outcome, counted or NOTHING, kept.reason or NOTHING))
    return ["## Contract", table(("estimator", "outcome", "clauses", "reason"), lines)] if lines else []


def _commands(cells: Sequence[Gauged], contracts: Sequence[Kept], made: Made) -> list[str]:
    told = [made.where] if made.where and (cells or contracts) else []
    return ["## Made by", code("\n".join(made.commands), "bash"), *map(wrapped, told)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
