"""Rules that evaluate the loss themselves, and so need the objective that was differentiated."""

from abc import abstractmethod
from typing import Any, ClassVar

from estimators.objective import Objective
from estimators.optim.direction import Direction, Group
from estimators.optim.rule import Parameters, Rule


class EvaluatingRule(Rule):
    """A rule with one set of options for all parameters that looks at the loss, or at its curvature, before it moves.

    An objective is one batch and one dropout mask, so that the losses it compares are of one function: a closure, which may draw
    another batch, is called for the estimate only.
    """

    uses_objective: ClassVar[bool] = True

    def __init__(self, params: Parameters, defaults: dict[str, Any]) -> None:
        """Keep the parameters.

        Raises:
            ValueError: they come in several groups.
        """
        super().__init__(params, defaults)
        if len(self.param_groups) > 1:
            raise ValueError(f"{type(self).__name__} moves all parameters together: it takes one parameter group")

    @property
    def options(self) -> Group:
        """The rule's parameters, such as `lr`."""
        return self.param_groups[0]

    def move(self, direction: Direction, objective: Objective | None) -> None:
        """See `Rule.move`.

        Raises:
            ValueError: there is no objective, or it is one of other parameters.
        """
        name = type(self).__name__
        if objective is None:
            raise ValueError(f"{name} evaluates the loss itself: call step(..., objective=OBJECTIVE)")
        known = {id(parameter) for parameter in objective.parameters.values()}
        if not all(id(parameter) in known for parameter in self.options["params"]):
            raise ValueError(f"{name} has parameters that are none of the objective's: build it from objective.parameters")
        self.search(direction, objective)

    @abstractmethod
    def search(self, direction: Direction, objective: Objective) -> None:
        """Find the next point and leave the parameters there; see `Rule.move`.

        Args:
            direction: see `Rule.move`.
            objective: of these very parameters.
        """
