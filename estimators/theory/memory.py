"""How estimates that use past ones improve from call to call, on a gradient that stays where it is."""


def remembered_direction(n: float, k: float, calls: int) -> float:
    """The expected relative error of the last of so many projections onto the estimate before and k - 1 fresh random directions.

    The first is onto k of them. What the estimate before leaves over lies across it, in n - 1 dimensions, and k - 1 fresh
    directions take a share of (k-1)/(n-1) of its square on average: (1 - k/n) (1 - (k-1)/(n-1))^(calls-1). It is also E sin².

    Args:
        n: dimension.
        k: number of tangents, 1 or more; uniformly random in direction.
        calls: 1 or more.
    """
    if k >= n:
        return 0.0
    return (1 - k / n) * (1 - (k - 1) / (n - 1)) ** (calls - 1)


def controlled_error(error: float, rate: float, calls: int) -> float:
    """The expected relative error of the last of so many unbiased estimates with a running mean c of them as control variate.

    An estimate errs by R ‖g - c‖² given c. What c ← c + a (estimate - c) errs by then is (1-a)² + a² R times as much as before,
    for the estimate's error has no mean; c begins at zero. Least for a = 1/(1 + R): the factor is R/(1 + R).

    Args:
        error: R, the relative error without a control variate.
        rate: a, from 0 to 1.
        calls: 1 or more.
    """
    return float(error * ((1 - rate) ** 2 + rate**2 * error) ** (calls - 1))
