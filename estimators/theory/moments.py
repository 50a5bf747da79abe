"""The moments of an estimate, whatever its law, and what follows from them: efficiency, error, the best rescaling."""

from dataclasses import dataclass, replace

from estimators.theory.beta import Beta

_ROUNDING = 1e-15  # relative, of the few operations behind a moment


@dataclass(frozen=True)
class Moments:
    """Expectations over the tangents; None where no closed form holds for every gradient.

    Attributes:
        along: E⟨estimate, g⟩ / ‖g‖².
        squared_norm: E‖estimate‖² / ‖g‖².
        norm: E‖estimate‖ / ‖g‖.
        cosine: E cos(estimate, g); the cosine of an estimate that is zero is 0.
        squared_cosine: E cos²(estimate, g).
        squared_cosine_law: the law of cos², where it is a Beta law.
    """

    along: float | None = None
    squared_norm: float | None = None
    norm: float | None = None
    cosine: float | None = None
    squared_cosine: float | None = None
    squared_cosine_law: Beta | None = None

    @property
    def relative_error(self) -> float | None:
        """E‖estimate - g‖² / ‖g‖² = squared norm - 2 along + 1; 0 where that is rounding."""
        if self.along is None or self.squared_norm is None:
            return None
        error, rounding = self.squared_norm - 2 * self.along + 1, _ROUNDING * (self.squared_norm + 2 * self.along + 1)
        return error if error > rounding else 0.0

    @property
    def efficiency(self) -> float | None:
        """η = along² / squared norm: the share of an exact gradient step's decrease that a step of the best size keeps."""
        if self.along is None or self.squared_norm is None:
            return None
        return min(1.0, self.along**2 / self.squared_norm)

    @property
    def best_factor(self) -> float | None:
        """The factor c* = along / squared norm that makes the relative error of c times the estimate least."""
        if self.along is None or self.squared_norm is None:
            return None
        return self.along / self.squared_norm

    @property
    def least_error(self) -> float | None:
        """The relative error of `best_factor` times the estimate: 1 - η."""
        return None if self.efficiency is None else 1 - self.efficiency

    def scaled(self, factor: float) -> "Moments":
        """The moments of `factor` (positive) times the estimate."""

        def times(value: float | None, by: float) -> float | None:
            return None if value is None else value * by

        return replace(
            self,
            along=times(self.along, factor),
            squared_norm=times(self.squared_norm, factor**2),
            norm=times(self.norm, factor),
        )

    def of_direction(self, law: Beta) -> "Moments":
        """The same with the law of cos², and the means of the cosine and its square that follow from it."""
        return replace(self, cosine=law.mean_root, squared_cosine=law.mean, squared_cosine_law=law)

    def of_direction_alone(self) -> "Moments":
        """What is known when the length is not."""
        return replace(self, along=None, squared_norm=None, norm=None)


def exact(factor: float = 1.0) -> Moments:
    """The moments of `factor` (positive) times the gradient itself."""
    return Moments(1.0, 1.0, 1.0).of_direction(Beta(1.0, 0.0)).scaled(factor)
