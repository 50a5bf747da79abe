"""What an estimator differentiates: a deterministic scalar function of named parameters.

An objective is one batch and, where the model drops units at random, one mask: evaluating it twice gives the same number.
It knows nothing of estimators, and it is not the base that costs are divided by (that belongs to the ruler).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn


class MissingCapability(Exception):  # noqa: N818  (an outcome, "skipped", rather than a defect)
    """The objective lacks something that the estimator needs; a cell that meets it is skipped with this reason.

    Attributes:
        capability: one of `jvp`, `module`, `per_sample_loss`, `sites`, `gradient`, `second_derivative`; or `closed_form`, of a
            scale at this dimension; or `compile`, of an estimator whose part cannot be compiled here.
    """

    def __init__(self, capability: str, reason: str) -> None:
        super().__init__(f"needs {capability}: {reason}")
        self.capability = capability


class Objective(ABC):
    """A deterministic scalar function of named parameters.

    Attributes:
        parameters: name -> leaf tensor with `requires_grad`, each distinct tensor once (tied ones under their first name,
            frozen ones left out), in a fixed order. These are the model's own tensors: an estimator reads and never writes
            them.
        batch_size: number of samples the loss averages over, or None for a plain function.
        draws: whether an evaluation draws random numbers (dropout); they are the same at every one.
    """

    parameters: Mapping[str, Tensor]
    batch_size: int | None = None
    draws: bool = False

    @abstractmethod
    def loss(self, parameters: Mapping[str, Tensor] | None = None) -> Tensor:
        """The value at `parameters`, by default at the objective's own.

        Differentiable by every mode of torch in whatever grad mode, dual level or functional transform is active; leaves
        buffers and random states as they were.

        Args:
            parameters: all the names of `self.parameters`, with tensors (or duals, or batched tensors) of their shapes.

        Returns:
            A 0-dimensional tensor.
        """

    def capabilities(self) -> frozenset[str]:
        """What this objective offers beyond `loss`, in the words of `MissingCapability`."""
        return frozenset({"jvp"})

    def known_gradient(self) -> Mapping[str, Tensor]:
        """The exact gradient at the objective's own parameters, where it was handed in (see `WithKnownGradient`)."""
        raise MissingCapability("gradient", "this objective was not given its gradient")

    def coordinates(self) -> int:
        """The number n of scalar parameters."""
        return sum(parameter.numel() for parameter in self.parameters.values())


class FunctionObjective(Objective):
    """A function of one tensor, such as the Rosenbrock function.

    Example:
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(3))
        >>> objective.loss().item()
        3.0
    """

    def __init__(self, function: Callable[[Tensor], Tensor], point: Tensor, name: str = "x") -> None:
        """Keep the function and the point.

        Args:
            function: maps a tensor of the point's shape to a 0-dimensional tensor.
            point: where to differentiate; floating point, any shape.
            name: what the only parameter is called.
        """
        self.function = function
        self.name = name
        self.parameters = {name: point if point.requires_grad else point.detach().requires_grad_()}

    def loss(self, parameters: Mapping[str, Tensor] | None = None) -> Tensor:
        """The value of the function; see `Objective.loss`."""
        return self.function((parameters or self.parameters)[self.name])


class ModuleObjective(Objective):
    """The loss of a module on one batch, as a function of the module's trainable parameters.

    Attributes:
        module: the model, in whatever mode (train or eval) it was handed in.
        loss_function: maps (module output, targets) to a 0-dimensional tensor.
        inputs: what the module is called with.
        targets: what the loss compares with.
    """

    def __init__(
        self, module: nn.Module, loss_function: Callable[..., Tensor], batch: tuple[Tensor, Any], *, mask_seed: int = 0
    ) -> None:
        """Keep the parts and find out, by one forward pass, whether the model draws random numbers or changes buffers.

        Args:
            module: has at least one parameter with `requires_grad`.
            loss_function: called as `loss_function(module(inputs), targets)`; must return a 0-dimensional tensor.
            batch: (inputs, targets); the first dimension of the inputs counts the samples.
            mask_seed: seeds the random numbers inside the model (dropout), so that they are the same at every call.

        Raises:
            ValueError: the module has no trainable parameter, or the loss is not a 0-dimensional tensor.
        """
        self.module, self.loss_function = module, loss_function
        self.inputs, self.targets = batch
        self.parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
        if not self.parameters:
            raise ValueError(f"{type(module).__name__} has no parameter with requires_grad=True, so there is no gradient")
        self.batch_size = len(self.inputs)
        self._device = self.inputs.device
        self._sites = tuple(name for name, part in module.named_modules() if any(p.requires_grad for p in part.parameters(False)))
        tied = _names(module.named_parameters(remove_duplicate=False)).values()
        self._ties = {name: first for first, *others in tied if first in self.parameters for name in others}
        self._buffers = list(_names(module.named_buffers(remove_duplicate=False)).values())
        self._places = dict(_places(module))
        self._mask = torch.Generator(self._device).manual_seed(mask_seed).get_state()
        self.draws, self._writes = self._probe()

    def loss(self, parameters: Mapping[str, Tensor] | None = None) -> Tensor:
        """The mean loss over the batch; see `Objective.loss`."""
        return self.loss_function(self._output(parameters), self.targets)

    def per_sample_loss(self, parameters: Mapping[str, Tensor] | None = None) -> Tensor:
        """The loss of each sample.

        Returns:
            Shape [batch]; its mean is `loss`.

        Raises:
            MissingCapability: the loss function takes no `reduction='none'`.
        """
        try:
            losses = self.loss_function(self._output(parameters), self.targets, reduction="none")
        except TypeError:
            raise MissingCapability("per_sample_loss", "the loss function takes no reduction='none'") from None
        return losses.reshape(len(self.targets), -1).mean(dim=1)

    def sites(self) -> tuple[str, ...]:
        """Names of the modules whose outputs an activation-space method perturbs: those that own trainable parameters.

        Also those that own them together with another module (tied parameters); the model itself is the module "".
        """
        return self._sites

    def capabilities(self) -> frozenset[str]:
        """What a module offers; see `Objective.capabilities`."""
        return frozenset({"jvp", "module", "per_sample_loss", "sites"})

    def turn_to(self, batch: tuple[Tensor, Any], *, mask_seed: int | None = None) -> None:
        """Be the loss on another batch from now on: for a training, which goes from minibatch to minibatch.

        Args:
            batch: (inputs, targets), of the shapes, dtypes and device of the one before.
            mask_seed: of another mask for a model that draws random numbers; None for the same one.
        """
        self.inputs, self.targets = batch
        if mask_seed is not None:
            self._mask = torch.Generator(self._device).manual_seed(mask_seed).get_state()

    def run(self, module: Callable[..., Any], loss_function: Callable[..., Any] | None = None) -> Any:
        """The loss with `module` called in place of the model: for methods that run the model's parts by themselves.

        Such a method runs within `kept_buffers`, for the model's parts write to the model's own.

        Args:
            module: called with the inputs.
            loss_function: called with what that returns, and the targets; None for the objective's.
        """
        with self._fixed_mask():
            return (loss_function or self.loss_function)(module(self.inputs), self.targets)

    @contextmanager
    def kept_buffers(self) -> Iterator[None]:
        """Put the buffers that a forward pass changes back at the end, also after an exception."""
        if not self._writes:
            yield
            return
        kept = [(buffer, buffer.clone()) for buffer in self.module.buffers()]
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, before in kept:
                    buffer.copy_(before)

    def _output(self, parameters: Mapping[str, Tensor] | None) -> Tensor:
        """What the module gives for the inputs, other tensors in the place of its own.

        What `torch.func.functional_call` does, but with places and ties that are known: looking them up at each of thousands of
        calls takes 3 % of a forward pass of the smaller models.
        """
        if parameters is None and not self._writes:
            with self._fixed_mask():
                return self.module(self.inputs)  # type: ignore[no-any-return]
        tensors = [(self._places[name], tensor) for name, tensor in self._tensors(parameters or self.parameters).items()]
        before = [(held, leaf, held[leaf]) for (held, leaf), _ in tensors]
        try:
            for (held, leaf), tensor in tensors:
                held[leaf] = tensor
            with self._fixed_mask():
                return self.module(self.inputs)  # type: ignore[no-any-return]
        finally:
            for held, leaf, tensor in before:
                held[leaf] = tensor

    def _tensors(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """What the module is called with, by name: parameters, ties to them, and copies of all buffers if it writes to any."""
        if not (self._ties or self._writes):
            return parameters
        tensors = {**parameters, **{name: parameters[first] for name, first in self._ties.items()}}
        if self._writes:
            for names in self._buffers:
                tensors.update(dict.fromkeys(names, self.module.get_buffer(names[0]).clone()))
        return tensors

    def _fixed_mask(self) -> AbstractContextManager[None]:
        """Draw the model's random numbers, where it draws any, from the mask's seed."""
        return _drawing_from(self._mask, self._device) if self.draws else nullcontext()

    def _probe(self) -> tuple[bool, bool]:
        """Whether a forward pass draws from the global random state, and whether it changes buffers."""
        self.draws, self._writes = True, True
        before = [buffer.clone() for buffer in self.module.buffers()]
        with torch.no_grad(), self._fixed_mask(), self.kept_buffers():
            loss = self.loss_function(self.module(self.inputs), self.targets)
            draws = not torch.equal(_random_state(self._device), self._mask)
            writes = any(not torch.equal(*pair) for pair in zip(self.module.buffers(), before, strict=True))
        if not isinstance(loss, Tensor) or loss.dim() != 0:
            found = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
            raise ValueError(f"the loss must be a 0-dimensional tensor, got {found}; reduce it, for example by its mean")
        return draws, writes


class WithKnownGradient(Objective):
    """An objective together with its exact gradient, so that simulated derivatives need not compute it at every call."""

    def __init__(self, objective: Objective, loss: Tensor, gradient: Mapping[str, Tensor]) -> None:
        """Keep them.

        Args:
            objective: where everything but the gradient comes from.
            loss: the value at the objective's own parameters.
            gradient: name -> tensor, for all of the objective's parameters.
        """
        self.objective, self.gradient, self.value = objective, gradient, loss
        self.parameters, self.batch_size, self.draws = objective.parameters, objective.batch_size, objective.draws

    def loss(self, parameters: Mapping[str, Tensor] | None = None) -> Tensor:
        """The value kept, or the objective's own at other parameters."""
        return self.value if parameters is None else self.objective.loss(parameters)

    def capabilities(self) -> frozenset[str]:
        """The objective's capabilities, and `gradient`."""
        return self.objective.capabilities() | {"gradient"}

    def known_gradient(self) -> Mapping[str, Tensor]:
        """The gradient that was handed in."""
        return self.gradient


def _names(tensors: Iterable[tuple[str, Tensor]]) -> dict[int, list[str]]:
    """The names of each distinct tensor."""
    names: dict[int, list[str]] = {}
    for name, tensor in tensors:
        names.setdefault(id(tensor), []).append(name)
    return names


def _places(module: nn.Module) -> Iterator[tuple[str, tuple[dict[str, Any], str]]]:
    """Name -> the dictionary that holds this parameter or buffer, and its key there."""
    for prefix, part in module.named_modules(remove_duplicate=False):
        for held in (part._parameters, part._buffers):
            for leaf in held:
                yield f"{prefix}.{leaf}" if prefix else leaf, (held, leaf)


@contextmanager
def _drawing_from(state: Tensor, device: torch.device) -> Iterator[None]:
    """Draw from this random state; leave the caller's alone."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        _set_random_state(device, state)
        yield


def _random_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_random_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)
