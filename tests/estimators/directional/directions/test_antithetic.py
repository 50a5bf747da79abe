"""Each tangent is followed by its opposite; a pair of one-sided differences is a central one; exact derivatives gain nothing."""

import pytest
import torch

from estimators.directional.aggregations.projection import Projection
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.forward_difference import ForwardDifference
from estimators.directional.derivatives.one_measurement import OneMeasurement
from estimators.directional.directions.antithetic import Antithetic
from estimators.directional.directions.basis import Basis
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.estimator import Directional
from estimators.directional.space import Block
from estimators.directional.streams import Keyed
from estimators.objective import FunctionObjective

LAYOUT = (
    Block("a", (2, 3), torch.float32, torch.device("cpu")),
    Block("s", (), torch.float64, torch.device("cpu")),
)
LAWS = [Gaussian(), Rademacher(), Sparse(0.5)]


def cubic() -> FunctionObjective:
    return FunctionObjective(lambda x: (x**3).sum() + x.prod(), torch.linspace(-1, 0.9, 5, dtype=torch.float64))


def run(estimator: Directional) -> torch.Tensor:
    problem = cubic()
    return estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(3))[0].gradient["x"]


@pytest.mark.parametrize("law", LAWS, ids=lambda d: d.law)
def test_each_tangent_of_the_other_law_is_followed_by_its_opposite(law) -> None:
    pairs, single = Antithetic(law).draw(LAYOUT, range(5), Keyed(1)), law.draw(LAYOUT, range(3), Keyed(1))
    for name, rows in pairs.items():
        assert torch.equal(rows[0::2], single[name])
        assert torch.equal(rows[1::2], -single[name][:2])
    alone = Antithetic(law).draw(LAYOUT, [3, 0], Keyed(1))
    assert all(torch.equal(rows, pairs[name][[3, 0]]) for name, rows in alone.items())


@pytest.mark.parametrize("one_sided", [ForwardDifference, OneMeasurement])
@pytest.mark.parametrize("law", LAWS, ids=lambda d: d.law)
def test_a_pair_of_one_sided_differences_is_a_central_difference(law, one_sided) -> None:
    paired = run(Directional(k=6, directions=Antithetic(law), derivative=one_sided(step=0.1)))
    torch.testing.assert_close(paired, run(Directional(k=3, directions=law, derivative=CentralDifference(step=0.1))))


def test_exact_derivatives_along_pairs_are_those_of_half_as_many_tangents() -> None:
    for aggregation in (Directional().aggregation, Projection()):
        paired, single = (
            Directional(k, directions=law, aggregation=aggregation) for k, law in ((6, Antithetic()), (3, Gaussian()))
        )
        torch.testing.assert_close(run(paired), run(single))
        declared = [estimator.declaration({"x": (5,)}, None) for estimator in (paired, single)]
        assert declared[0].expected == declared[1].expected
        assert declared[0].expected


def test_an_odd_number_of_tangents_has_a_closed_form_for_the_projection_alone() -> None:
    shapes = {"x": (5,)}
    assert Directional(3, directions=Antithetic()).declaration(shapes, None).relative_error is None
    assert Directional(1, directions=Antithetic()).declaration(shapes, None).relative_error == 6
    projected = Directional(3, directions=Antithetic(), aggregation=Projection()).declaration(shapes, None)
    assert projected.relative_error == Directional(2, aggregation=Projection()).declaration(shapes, None).relative_error


@pytest.mark.parametrize("law", [Basis(), Orthogonal()], ids=lambda d: d.law)
def test_a_law_that_is_not_random_or_not_drawn_apart_has_no_pairs(law) -> None:
    with pytest.raises(ValueError, match=f"random, symmetric law such as gaussian or rademacher, not '{law.law}'"):
        Antithetic(law)
