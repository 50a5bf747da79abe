"""The size of a step along a ray that makes a loss least, with every evaluation counted.

φ(a) is the loss after a step of size a >= 0 in a fixed direction; φ(0) is known, and so is how fast φ falls there. One evaluation
more gives a parabola, and a second, at its vertex, tells whether φ is one: on a quadratic the search ends there, exact up to
rounding. Elsewhere a bracket is opened by halving or doubling, and Brent's method (scipy) narrows it. The minimum is the one that
this meets first: a loss may have others further out, and where it falls for ever there is none.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

Ray = Callable[[float], float]
"""Step size -> loss."""

PARABOLA = 1e-7
"""Of the decrease: so close to the vertex of its parabola φ must lie to be taken for one."""

ROUNDINGS = 64
"""Of the loss, beside that: a sum of many terms is off by several."""

TOLERANCE = 1e-4
"""Of a step, relative, within which Brent's method stops: φ is flat there, so the decrease is known to the square of it."""

TRIES = 2
"""Parabolas: where the first guess was so far off that rounding spoils the first, the second begins at its vertex."""

HALVINGS, DOUBLINGS = 60, 30
"""Steps this often halved that lower nothing lie within rounding of 0; one so often doubled is beyond any learning rate."""


@dataclass(frozen=True)
class Lowest:
    """Where a ray is lowest.

    Attributes:
        step: the best size; 0 where no positive one lowers the loss.
        value: the loss there.
        calls: evaluations of the loss that it took.
        parabola: whether φ was a parabola wherever it was looked at; not said of a ray that does not fall.
        bounded: whether φ rises again somewhere; else `step` is the largest that was tried.
    """

    step: float
    value: float
    calls: int = 0
    parabola: bool = False
    bounded: bool = True


class Known:
    """A ray that is never asked twice for one step; what is no number is infinitely high."""

    def __init__(self, ray: Ray, at_zero: float) -> None:
        """Keep the ray, and its value at 0, which cost nothing."""
        self._ray, self._values = ray, {0.0: at_zero}

    def __call__(self, step: float) -> float:
        """The loss after a step."""
        step = float(step)  # scipy's are of numpy
        if step not in self._values:
            value = float(self._ray(step))
            self._values[step] = math.inf if math.isnan(value) else value
        return self._values[step]

    @property
    def calls(self) -> int:
        """Evaluations so far."""
        return len(self._values) - 1

    @property
    def shortest(self) -> float:
        """The shortest positive step that was tried."""
        return min(step for step in self._values if step > 0)

    @property
    def lowest(self) -> float:
        """The step with the lowest loss so far; of equal ones the shortest."""
        return min(sorted(self._values), key=self._values.__getitem__)


def lowest(ray: Ray, at_zero: float, fall: float, guess: float, epsilon: float) -> Lowest:
    """Find the step that makes a loss least.

    Args:
        ray: φ, for positive steps.
        at_zero: φ(0).
        fall: -φ'(0); where it is not positive, no small step lowers the loss, and none is tried.
        guess: about the size of the best step; positive, and better nearer than farther.
        epsilon: of the floating-point type that losses are computed in.
    """
    if not (fall > 0 and 0 < guess < math.inf):
        return Lowest(0.0, at_zero)
    known = Known(ray, at_zero)
    vertex = _vertex(known, at_zero, fall, guess, epsilon)
    if vertex is not None:
        return Lowest(vertex, known(vertex), known.calls, parabola=True)
    bounded = _narrowed(known, at_zero)
    step = known.lowest
    return Lowest(step, known(step), known.calls, bounded=bounded)


def _vertex(known: Known, at_zero: float, fall: float, guess: float, epsilon: float) -> float | None:
    """The vertex of the parabola that φ is; None where it is none, as far as two evaluations tell."""
    for _ in range(TRIES):
        far = 2 * guess
        curvature = 2 * (known(far) - at_zero + fall * far) / (far * far)
        if not 0 < curvature < math.inf:
            return None
        vertex = fall / curvature
        decrease = fall * vertex / 2
        if abs(known(vertex) - (at_zero - decrease)) <= PARABOLA * decrease + ROUNDINGS * epsilon * abs(at_zero):
            return vertex
        guess = vertex
    return None


def _narrowed(known: Known, at_zero: float) -> bool:
    """Evaluate towards the minimum, and to within `TOLERANCE` of it; whether there is one.

    At least one positive step is known.
    """
    from scipy.optimize import minimize_scalar  # only who searches along rays needs it

    middle = known.lowest or known.shortest
    for _ in range(HALVINGS):
        if known(middle) < at_zero:
            break
        middle /= 2
    else:
        return True
    low = 0.0
    for _ in range(DOUBLINGS):
        if known(2 * middle) > known(middle):
            minimize_scalar(known, bracket=(low, middle, 2 * middle), method="brent", options={"xtol": TOLERANCE})
            return True
        low, middle = middle, 2 * middle
    return False
