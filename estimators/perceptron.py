"""What the shapes of parameters say of a perceptron: dense layers one after the other, all of them trainable.

What convolutions take does not follow from the shapes of their weights, so of other models nothing is said.
"""

from estimators.estimator import Shapes


def dense_layers(shapes: Shapes) -> list[tuple[int, int]]:
    """(outputs, inputs) of the layers, in order; none where there are weights of more than two dimensions."""
    matrices = [(shape[0], shape[1]) for shape in shapes.values() if len(shape) == 2]
    return matrices if all(len(shape) <= 2 for shape in shapes.values()) else []


def first_share(shapes: Shapes) -> float | None:
    """What of a forward pass falls on the first layer, whose input has no gradient and carries no tangent.

    Returns:
        0 where there are no matrices; None where there are weights of more than two dimensions.
    """
    if any(len(shape) > 2 for shape in shapes.values()):
        return None
    sizes = [outputs * inputs for outputs, inputs in dense_layers(shapes)]
    return sizes[0] / sum(sizes) if sum(sizes) else 0.0
