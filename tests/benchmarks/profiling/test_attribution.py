"""Every nanosecond of a gradient belongs to one phase, to an operator or to what is between; kernels to where they were launched.

The oracle cuts a gradient at every begin and end of an event and asks for each piece which event encloses it most tightly.
"""

import random
from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.profiling.attribution import Counts, Finder, Spent, allocated, nested, phases, profile_of, union
from benchmarks.profiling.trace import EVALUATION, GRADIENT, MARK, Change, Span, Trace, Work
from benchmarks.records.profile import AGGREGATION, BACKWARD, DRAWING, DUAL, OTHER, PHASES, PRIMAL, TANGENTS

UNCOUNTED = Counts()
ENGINE = "autograd::engine::evaluate_function: MmBackward0"


def spans(*rows):
    """Events of the host from (name, start, end), in the order of a trace."""
    return tuple(sorted((Span(start, end, name) for name, start, end in rows), key=lambda span: (span.start, -span.end)))


def shares(profile):
    """Phase -> its share."""
    return {share.phase: share for share in profile.phases}


def of(*rows, memory=(), device=(), counts=UNCOUNTED, on_device=False):
    """The profile of handwritten events."""
    return profile_of(Trace(spans(*rows), device, memory), counts, on_device=on_device)


def piecewise(host, gradient):
    """Phase -> [nanoseconds in operators, between them], piece by piece; for spans that lie within each other."""
    cuts = sorted({moment for span in host for moment in (span.start, span.end) if gradient.start <= moment <= gradient.end})
    found: dict[str, list[int]] = {}
    for start, end in pairwise(cuts):
        around = [span for span in host if span.start <= start and end <= span.end]
        tightest = min(around, key=lambda span: (span.end - span.start, -host.index(span)))
        marks = [s for s in around if s.name.startswith((MARK, "autograd::engine::evaluate_function"))]
        mark = min(marks, key=lambda span: (span.end - span.start, -host.index(span))).name
        phase = BACKWARD if mark.startswith("autograd") else mark.removeprefix(MARK)
        phase = OTHER if phase in (GRADIENT, EVALUATION) else phase
        if phase not in (PRIMAL, DUAL) and any(s.name.endswith(("::normal_", "::random_", "::randint")) for s in around):
            phase = DRAWING
        found.setdefault(phase, [0, 0])[0 if tightest.is_operator else 1] += end - start
    return found


def test_phases_and_what_is_between_add_up_to_the_gradient():
    profile, _ = of(
        (MARK + GRADIENT, 0, 1000),
        (MARK + DRAWING, 10, 210),
        ("aten::normal_", 20, 120),
        (MARK + PRIMAL, 300, 700),
        ("aten::linear", 310, 610),
        ("aten::addmm", 330, 600),
        (ENGINE, 750, 950),
        ("MmBackward0", 760, 940),
        ("aten::mm", 770, 900),
    )
    found = shares(profile)
    assert (found[DRAWING].operators_ns, found[DRAWING].between_ns) == (100, 100)
    assert (found[PRIMAL].operators_ns, found[PRIMAL].between_ns) == (300, 100)
    assert (found[BACKWARD].operators_ns, found[BACKWARD].between_ns) == (130, 70)
    assert (found[OTHER].operators_ns, found[OTHER].between_ns) == (0, 200)
    assert profile.wall_ns == 1000
    assert [(one.name, one.calls, one.ns) for one in profile.operators] == [
        ("aten::addmm", 1, 270),
        ("aten::mm", 1, 130),
        ("aten::normal_", 1, 100),
        ("aten::linear", 1, 30),
    ]


def test_the_recorded_trace_is_cut_as_the_oracle_cuts_it(recorded):
    profile, _ = profile_of(recorded, Counts(), on_device=False)
    [gradient] = [s for s in recorded.host if s.name == MARK + GRADIENT and s.end - s.start == profile.wall_ns]
    within = [span for span in recorded.host if gradient.start <= span.start and span.end <= gradient.end]
    expected = piecewise(within, gradient)
    dual = expected.pop(DUAL)
    found = shares(profile)
    assert set(found) == {*expected, PRIMAL, TANGENTS}
    assert found[DRAWING].operators_ns == expected[DRAWING][0] > 0
    assert found[DRAWING].between_ns == expected[DRAWING][1]
    assert found[AGGREGATION].operators_ns == expected[AGGREGATION][0] > 0
    both = [found[PRIMAL].operators_ns + found[TANGENTS].operators_ns, found[PRIMAL].between_ns + found[TANGENTS].between_ns]
    assert both == [sum(pair) for pair in zip(dual, expected[TANGENTS], strict=True)]
    assert sum(share.operators_ns + share.between_ns for share in profile.phases) == profile.wall_ns


@pytest.mark.parametrize("seed", range(20))
def test_whatever_lies_in_whatever_it_adds_up(seed):
    draw = random.Random(seed)
    rows = [(MARK + GRADIENT, 0, 1000)]
    names = ["aten::mm", "aten::normal_", MARK + PRIMAL, MARK + DRAWING, MARK + AGGREGATION, ENGINE, "AddBackward0"]
    for _ in range(40):
        start, end = sorted(draw.sample(range(1001), 2))
        rows.append((draw.choice(names), start, end))  # some begin within another and end after it
    profile, _ = of(*rows)
    assert sum(share.operators_ns + share.between_ns for share in profile.phases) == 1000
    assert all(share.operators_ns >= 0 and share.between_ns >= 0 for share in profile.phases)
    assert sum(share.calls for share in profile.phases) == sum("aten" in name for name, *_ in rows)


def test_random_operators_are_drawing_but_for_those_of_the_loss():
    profile, _ = of(
        (MARK + GRADIENT, 0, 100),
        ("aten::randn_like", 10, 20),
        (MARK + PRIMAL, 30, 60),
        ("aten::bernoulli_", 40, 50),
        (ENGINE, 70, 90),
        ("aten::uniform_", 75, 80),
    )
    found = shares(profile)
    assert found[DRAWING].operators_ns == 15
    assert found[PRIMAL].operators_ns == 10
    assert BACKWARD in found
    assert found[BACKWARD].operators_ns == 0


def test_the_shortest_gradient_is_the_one():
    profile, _ = of((MARK + GRADIENT, 0, 100), (MARK + GRADIENT, 200, 260), ("aten::mm", 210, 220), (MARK + GRADIENT, 300, 380))
    assert (profile.gradients, profile.wall_ns) == (3, 60)
    assert [one.name for one in profile.operators] == ["aten::mm"]


def test_of_an_evaluation_with_tangents_as_much_is_primal_as_one_without_takes():
    rows = [
        (MARK + GRADIENT, 0, 1000),
        (MARK + DUAL, 100, 500),
        ("aten::mm", 200, 400),
        (MARK + DUAL, 500, 900),
        ("aten::mm", 600, 700),
        (MARK + EVALUATION, 2000, 2100),
        (MARK + PRIMAL, 2010, 2090),
        ("aten::mm", 2020, 2050),
    ]
    profile, _ = of(*rows)
    found = shares(profile)
    assert (profile.evaluations, profile.evaluation_ns) == (2, 100)
    assert (found[PRIMAL].operators_ns, found[TANGENTS].operators_ns) == (2 * 30, 300 - 2 * 30)
    assert (found[PRIMAL].between_ns, found[TANGENTS].between_ns) == (2 * 70, 500 - 2 * 70)


def test_no_part_of_an_evaluation_with_tangents_is_negative():
    primal, tangents = phases({DUAL: Spent(operators_ns=10)}, Spent(operators_ns=15, between_ns=5), 1, Counts())
    assert (primal.phase, primal.operators_ns, primal.between_ns) == (PRIMAL, 10, 0)
    assert (tangents.phase, tangents.operators_ns, tangents.between_ns) == (TANGENTS, 0, 0)


def test_operations_and_bytes_are_split_likewise_and_missing_where_they_were_not_counted():
    counts = Counts({DUAL: (300, 40), DRAWING: (0, 8)}, (100, 10))
    drawing, primal, tangents = phases({DUAL: Spent(operators_ns=10)}, Spent(operators_ns=4), 1, counts)
    assert (drawing.flops, drawing.moved_bytes) == (0, 8)
    assert (primal.flops, primal.moved_bytes) == (100, 10)
    assert (tangents.flops, tangents.moved_bytes) == (200, 30)
    profile, _ = of((MARK + GRADIENT, 0, 10), counts=Counts(missing="RuntimeError: no"))
    assert profile.phases[0].flops is None
    assert profile.missing["operations and bytes"] == "RuntimeError: no"


def test_kernels_belong_to_the_phase_that_launched_them_and_idle_time_is_the_rest():
    rows = [
        (MARK + GRADIENT, 0, 100),
        (MARK + DRAWING, 10, 40),
        ("aten::normal_", 15, 30),
        (MARK + PRIMAL, 50, 90),
        ("aten::mm", 55, 80),
        (MARK + GRADIENT, 100, 200),
        (MARK + PRIMAL, 120, 190),
    ]
    device = (
        Work(40, 60, "normal_kernel", 20),
        Work(90, 150, "gemm", 60),  # runs while the second gradient is launched
        Work(150, 250, "gemm", 130),
        Work(160, 170, "of nobody", None),
        Work(300, 400, "after all", 1000),
    )
    profile, _ = of(*rows, device=device, on_device=True)
    found = shares(profile)
    assert profile.wall_ns == 100  # of the first
    assert (found[DRAWING].device_ns, found[DRAWING].launches) == (20, 1)
    assert (found[PRIMAL].device_ns, found[PRIMAL].launches) == (60, 1)
    assert [(one.name, one.phase, one.ns) for one in profile.kernels] == [("gemm", PRIMAL, 60), ("normal_kernel", DRAWING, 20)]
    assert (profile.span_ns, profile.device_ns) == (250 / 2, 180 / 2)
    assert profile.idle_share == pytest.approx(1 - 180 / 250)


def test_a_cpu_has_no_device_time_and_no_launches():
    profile, _ = of((MARK + GRADIENT, 0, 100))
    assert (profile.span_ns, profile.device_ns, profile.idle_share, profile.kernels) == (None, None, None, ())
    assert profile.phases[0].device_ns is profile.phases[0].launches is None


def test_what_is_held_at_the_peak_belongs_to_the_phase_that_allocated_it():
    gradient = Span(100, 200, MARK + GRADIENT)
    finder = Finder(nested(spans((MARK + GRADIENT, 100, 200), (MARK + DRAWING, 110, 130), (MARK + PRIMAL, 140, 180))))
    changes = (
        Change(90, 1000, 9, True),  # before
        Change(120, 40, 1, True),
        Change(125, 999, 5, False),  # another allocator's
        Change(150, 60, 2, True),
        Change(155, -1000, 9, True),  # was there before
        Change(160, 30, 3, True),
        Change(170, -40, 1, True),
        Change(210, 1, 4, True),  # after
    )
    steps, at_peak = allocated(changes, gradient, finder, on_cpu=True)
    assert [(step.ns, step.held, step.phase) for step in steps] == [
        (20, 40, DRAWING),
        (50, 100, PRIMAL),
        (55, -900, PRIMAL),
        (60, -870, PRIMAL),
        (70, -910, PRIMAL),
    ]
    assert at_peak == {DRAWING: 40, PRIMAL: 60}


def test_a_trace_without_allocations_has_no_peak_and_says_so():
    profile, steps = of((MARK + GRADIENT, 0, 100))
    assert (profile.peak_bytes, steps, profile.at_peak) == (None, [], {})
    assert profile.missing == {"allocations": "torch's trace holds no allocations"}


def test_a_trace_without_a_gradient_is_refused():
    with pytest.raises(ValueError, match="holds no gradient"):
        of(("aten::mm", 0, 10))


@pytest.mark.parametrize("seed", range(5))
def test_the_innermost_event_at_a_moment_is_found(seed):
    draw = random.Random(seed)
    nodes = nested(spans(*((f"aten::op{place}", *sorted(draw.sample(range(200), 2))) for place in range(30))))
    finder = Finder(nodes)
    for moment in range(-1, 201):
        around = [node for node in nodes if node.span.start <= moment < node.span.end]
        assert finder.at(moment) is (around[-1] if around else None)
    assert finder.at(None) is None


def test_the_union_counts_what_overlaps_once():
    draw = random.Random(0)
    intervals = [tuple(sorted(draw.sample(range(100), 2))) for _ in range(12)]
    covered = Counter(moment for start, end in intervals for moment in range(start, end))
    assert union(intervals) == len(covered)
    assert union([]) == 0


def test_phases_are_told_in_the_order_of_reports(recorded):
    profile, _ = profile_of(recorded, Counts(), on_device=False)
    names = [share.phase for share in profile.phases]
    assert names == [phase for phase in PHASES if phase in names]
