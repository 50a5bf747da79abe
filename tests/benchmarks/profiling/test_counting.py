"""Operations and traffic by phase add up to what the harness counts of the whole, and are where they belong."""

import pytest

from benchmarks.harness.flops import operations
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.traffic import Traffic
from benchmarks.problems.problem import build_problem
from benchmarks.profiling.counting import count_by_phase, count_evaluation
from benchmarks.records.profile import AGGREGATION, BACKWARD, DRAWING, DUAL, PRIMAL
from estimators.registry import ESTIMATORS

PROBLEM = "mlp[data=synthetic,width=16]"
SPECS = ("backprop", "checkpointed-backprop", "forward-gradient", "multi-tangent[k=4]", "mezo", "activity-forward-gradient")


def gradient_of(spec):
    built = build_problem(PROBLEM)
    return Gradient(built.objective, ESTIMATORS.build(spec), generator_for(0, "test", built.device))


@pytest.mark.parametrize("spec", SPECS)
def test_phases_add_up_to_the_whole(spec):
    found = count_by_phase(gradient_of(spec))
    for_operations, for_traffic = gradient_of(spec), gradient_of(spec)
    assert sum(counted.flops for counted in found.values()) == operations(lambda: for_operations.run(1)) > 0
    with Traffic() as traffic:
        for_traffic.run(1)
    assert sum(counted.moved for counted in found.values()) == traffic.moved


def test_operations_are_where_they_belong():
    plain = gradient_of("backprop")
    evaluation = count_evaluation(lambda: plain.objective.loss()).flops
    backprop, forward = count_by_phase(plain), count_by_phase(gradient_of("forward-gradient"))
    assert backprop[PRIMAL].flops == evaluation
    assert backprop[BACKWARD].flops == operations(lambda: plain.run(1)) - evaluation > 0
    assert forward[DUAL].flops > evaluation
    assert forward[DRAWING].flops == forward[AGGREGATION].flops == 0
    assert forward[DRAWING].moved >= 4 * plain.objective.coordinates()  # each entry of the tangent is written


def test_what_checkpointing_computes_again_is_the_way_back():
    plain = gradient_of("backprop")
    evaluation = count_evaluation(lambda: plain.objective.loss()).flops
    again = count_by_phase(gradient_of("checkpointed-backprop"))
    assert again[PRIMAL].flops == evaluation
    assert again[BACKWARD].flops > count_by_phase(plain)[BACKWARD].flops
