"""From a trace to a profile: every nanosecond of every gradient belongs to one phase, and to an operator or to what is between.

    self time of an event = its duration - that of what it encloses

Self times of operators add up to the operators' time of their phase, those of everything else to the time between operators; all
of them together are the gradient's duration, whatever is nested in whatever. A phase is that of the innermost mark, or of the
engine that follows a tape; operators that draw random numbers outside of evaluations are drawing. Kernels belong where they were
launched, allocations where they were made. Pure functions, and no torch.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.profiling.trace import EVALUATION, GRADIENT, MARK, Change, Span, Trace, Work
from benchmarks.records.profile import BACKWARD, DRAWING, DUAL, OTHER, PHASES, PRIMAL, TANGENTS, Called, Profile, Share, Step

LONGEST = 40
"""Operators and kernels kept in a profile."""

_ENGINE = "autograd::engine::evaluate_function"
_ROOTS = (MARK + GRADIENT, MARK + EVALUATION)
_EVALUATING = (PRIMAL, DUAL)
_RANDOM = frozenset(
    {
        *("bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "multinomial", "normal", "normal_"),
        *("poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random_", "randperm", "uniform_"),
    }
)
"""Operators that draw random numbers, without their namespace."""


@dataclass
class Node:
    """An event of the host among those that enclose it.

    Attributes:
        span: what it is; its end at most that of what encloses it.
        phase: that it belongs to.
        root: its gradient or evaluation, by place among the roots; None outside of them.
        enclosed_ns: time of what it encloses.
    """

    span: Span
    phase: str
    root: int | None
    enclosed_ns: int = 0

    @property
    def ns(self) -> int:
        """Its duration."""
        return self.span.end - self.span.start

    @property
    def own_ns(self) -> int:
        """Time that nothing within it takes."""
        return self.ns - self.enclosed_ns


@dataclass
class Spent:
    """What a phase takes of one gradient or evaluation; see `benchmarks.records.profile.Share`."""

    operators_ns: float = 0.0
    between_ns: float = 0.0
    calls: float = 0.0
    device_ns: float = 0.0
    launches: float = 0.0
    flops: float = 0.0
    moved_bytes: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    def times(self, factor: float) -> "Spent":
        """So many times as much."""
        return Spent(**{name: factor * value for name, value in vars(self).items()})

    def split(self, first: "Spent") -> tuple["Spent", "Spent"]:
        """As much of it as `first` takes, and the rest; neither is negative."""
        taken = {name: min(value, getattr(first, name)) for name, value in vars(self).items()}
        return Spent(**taken), Spent(**{name: value - taken[name] for name, value in vars(self).items()})


@dataclass(frozen=True)
class Counts:
    """What was counted beside the trace.

    Attributes:
        by_phase: phase, `DUAL` undivided -> (operations, bytes moved) of one gradient.
        evaluation: the same of one evaluation of the loss.
        missing: why nothing was counted; empty where something was.
    """

    by_phase: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    evaluation: tuple[int, int] = (0, 0)
    missing: str = ""


def profile_of(trace: Trace, counts: Counts, *, on_device: bool) -> tuple[Profile, list[Step]]:
    """What a trace says of the shortest gradient, which the machine disturbed least, and the allocator's steps in it.

    Args:
        trace: with at least one range around a gradient.
        counts: beside it.
        on_device: whether the work was done on a GPU.

    Raises:
        ValueError: the trace holds no gradient.
    """
    nodes = nested(trace.host)
    roots = [node for node in nodes if node.span.name in _ROOTS]
    gradients = [place for place, root in enumerate(roots) if root.span.name == MARK + GRADIENT]
    evaluations = [place for place, root in enumerate(roots) if root.span.name == MARK + EVALUATION]
    if not gradients:
        raise ValueError("the trace holds no gradient")
    finder = Finder(nodes)
    device = [(work, node) for work in trace.device if (node := finder.at(work.launched)) is not None]
    chosen, plain = _shortest(gradients, roots), _shortest(evaluations, roots) if evaluations else None
    evaluation = Spent() if plain is None else sum(_spent(nodes, device, plain).values(), Spent())
    duals = sum(node.span.name == MARK + DUAL for node in nodes if node.root == chosen)
    shares = phases(_spent(nodes, device, chosen), evaluation, duals, counts)
    steps, at_peak = allocated(trace.memory, roots[chosen].span, finder, on_cpu=not on_device)
    unseen = {} if steps else {"allocations": "torch's trace holds no allocations"}
    uncounted = {"operations and bytes": counts.missing} if counts.missing else {}
    among = set(gradients)
    works = [work for work, node in device if node.root in among]
    span_ns = max([roots[gradients[-1]].span.end, *(work.end for work in works)]) - roots[gradients[0]].span.start
    profile = Profile(
        gradients=len(gradients),
        wall_ns=roots[chosen].ns,
        phases=tuple(shares if on_device else (replace(share, device_ns=None, launches=None) for share in shares)),
        operators=_called((one.span.name, one.phase, one.own_ns) for one in nodes if one.span.is_operator and one.root == chosen),
        kernels=_called((work.name, one.phase, work.end - work.start) for work, one in device if one.root == chosen),
        evaluation_ns=None if plain is None else roots[plain].ns,
        evaluations=duals,
        span_ns=span_ns / len(gradients) if on_device else None,
        device_ns=union((work.start, work.end) for work in works) / len(gradients) if on_device else None,
        peak_bytes=max((step.held for step in steps), default=None),
        at_peak=at_peak,
        missing={**unseen, **uncounted},
    )
    return profile, steps


def nested(spans: Iterable[Span]) -> list[Node]:
    """Each span with its phase and its root; what ends after what encloses it is cut off there.

    Args:
        spans: by their start, outer ones first.
    """
    nodes: list[Node] = []
    around: list[Node] = []
    roots = 0
    for span in spans:
        while around and around[-1].span.end <= span.start:
            around.pop()
        outer = around[-1] if around else None
        if outer is not None:
            span = replace(span, end=min(span.end, outer.span.end))
            outer.enclosed_ns += span.end - span.start
        phase, root = _phase(span, outer), None if outer is None else outer.root
        if span.name in _ROOTS:
            phase, root, roots = OTHER, roots, roots + 1
        nodes.append(Node(span, phase, root))
        around.append(nodes[-1])
    return nodes


class Finder:
    """Finds the innermost node at a moment."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        """Look where nodes begin and end.

        Args:
            nodes: as `nested` gives them.
        """
        self._times: list[int] = []
        self._innermost: list[Node | None] = []
        around: list[Node] = []
        for node in nodes:
            self._leave(around, node.span.start)
            around.append(node)
            self._note(node.span.start, node)
        self._leave(around, None)

    def at(self, moment: int | None) -> Node | None:
        """The innermost node then; None where there is none."""
        place = 0 if moment is None else bisect_right(self._times, moment)
        return self._innermost[place - 1] if place else None

    def _leave(self, around: list[Node], until: int | None) -> None:
        while around and (until is None or around[-1].span.end <= until):
            end = around.pop().span.end
            self._note(end, around[-1] if around else None)

    def _note(self, moment: int, node: Node | None) -> None:
        self._times.append(moment)
        self._innermost.append(node)


def allocated(changes: Iterable[Change], gradient: Span, finder: Finder, *, on_cpu: bool) -> tuple[list[Step], dict[str, int]]:
    """The allocator's steps in one gradient, and what was held when most was: phase -> bytes that it had allocated.

    What was there before and is given back lowers what is held, and is nobody's.
    """
    steps: list[Step] = []
    seen: list[Change] = []
    held = 0
    for change in changes:
        if change.on_cpu == on_cpu and gradient.start <= change.at < gradient.end:
            node = finder.at(change.at)
            held += change.bytes
            seen.append(change)
            steps.append(Step(change.at - gradient.start, change.bytes, held, OTHER if node is None else node.phase))
    top = max(range(len(steps)), key=lambda place: steps[place].held, default=-1)
    alive: dict[int, tuple[str, int]] = {}
    for change, step in zip(seen[: top + 1], steps, strict=False):
        if change.bytes > 0:
            alive[change.address] = (step.phase, change.bytes)
        else:
            alive.pop(change.address, None)
    return steps, _by_phase(alive.values())


def _phase(span: Span, outer: Node | None) -> str:
    around = OTHER if outer is None else outer.phase
    if span.name.startswith(_ENGINE):
        return BACKWARD
    if span.name.startswith(MARK):
        named = span.name.removeprefix(MARK)
        return named if named in PHASES or named == DUAL else around
    random = span.is_operator and span.name.rpartition("::")[2] in _RANDOM
    return DRAWING if random and around not in _EVALUATING else around


def phases(of_gradient: Mapping[str, Spent], evaluation: Spent, duals: int, counts: Counts) -> list[Share]:
    """Every phase of one gradient.

    Args:
        of_gradient: phase, `DUAL` undivided -> what it takes by the trace.
        evaluation: what one evaluation of the loss without tangents takes.
        duals: evaluations with tangents; as much of them is primal as so many plain ones take.
        counts: beside the trace.
    """
    found = dict(of_gradient)
    for phase, (flops, moved) in counts.by_phase.items():
        found[phase] = found.get(phase, Spent()) + Spent(flops=flops, moved_bytes=moved)
    if (dual := found.pop(DUAL, None)) is not None:
        flops, moved = counts.evaluation
        primal, rest = dual.split((evaluation + Spent(flops=flops, moved_bytes=moved)).times(duals))
        for phase, part in ((PRIMAL, primal), (TANGENTS, rest)):
            found[phase] = found.get(phase, Spent()) + part
    return [_share(phase, found[phase], counted=not counts.missing) for phase in PHASES if phase in found]


def _spent(nodes: Sequence[Node], device: Sequence[tuple[Work, Node]], root: int) -> dict[str, Spent]:
    """Phase, `DUAL` undivided -> what it takes of one root."""
    spent: dict[str, Spent] = {}
    for node in nodes:
        if node.root == root:
            own = spent.setdefault(node.phase, Spent())
            if node.span.is_operator:
                own.operators_ns += node.own_ns
                own.calls += 1
            else:
                own.between_ns += node.own_ns
    for work, launcher in device:
        if launcher.root == root:
            own = spent.setdefault(launcher.phase, Spent())
            own.device_ns += work.end - work.start
            own.launches += 1
    return spent


def _shortest(places: Sequence[int], roots: Sequence[Node]) -> int:
    """The shortest one, the first of equals."""
    return min(places, key=lambda place: (roots[place].ns, place))


def _share(phase: str, spent: Spent, *, counted: bool) -> Share:
    values = vars(spent)
    return Share(phase, **(values if counted else {**values, "flops": None, "moved_bytes": None}))


def union(intervals: Iterable[tuple[int, int]]) -> int:
    """The length of what any of the intervals covers."""
    covered, reached = 0, None
    for start, end in sorted(intervals):
        begin = start if reached is None else max(start, reached)
        covered += max(0, end - begin)
        reached = end if reached is None else max(reached, end)
    return covered


def _called(found: Iterable[tuple[str, str, int]]) -> tuple[Called, ...]:
    """By (name, phase), the longest together first."""
    calls: Counter[tuple[str, str]] = Counter()
    spent: Counter[tuple[str, str]] = Counter()
    for name, phase, ns in found:
        calls[name, phase] += 1
        spent[name, phase] += ns
    longest = sorted(spent, key=lambda key: (-spent[key], key))[:LONGEST]
    return tuple(Called(*key, calls[key], spent[key]) for key in longest)


def _by_phase(blocks: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for phase, size in blocks:
        found[phase] += size
    return dict(found)
