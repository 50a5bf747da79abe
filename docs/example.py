# %% [markdown]
# # A short tour of gradgauge
#
# Run this file as it is, or cell by cell in a notebook. It measures in this process; `gg.run` measures in processes of its own
# and keeps what it found in a folder.

# %%
from dataclasses import dataclass

import torch

import gradgauge as gg
from estimators import Declaration, DenseEstimate, Estimator

# %% [markdown]
# One estimator on one problem. The answer is a tidy pandas frame, one row a metric. Every cost is a multiple of the base forward
# pass, timed in pairs with it; the interval holds within this process.

# %%
frame = gg.measure("forward-gradient[k=4]", "mlp[width=32]", measures=("cost", "memory"), budget=0.5)
overall = frame[frame.layer.isna()].set_index("metric")
print(overall.loc[["multiple", "ratio_to_backprop", "forward_calls", "peak_bytes"], ["value", "low", "high", "unit"]])

# %% [markdown]
# How close does an estimate come to the gradient? `cosine_expected` is the closed form, `cosine_z` how many standard errors the
# measured mean lies away from it. With k random tangents among n coordinates the cosine is about the square root of k / n.

# %%
quality = gg.measure("multi-tangent[k=4]", "sphere[n=64]", measures=("quality",), draws=200)
quality = quality[quality.layer.isna()].set_index("metric")
print(quality.loc[["cosine", "cosine_expected", "cosine_z", "efficiency"], "value"])
assert abs(quality.loc["cosine_z", "value"]) < 6

# %% [markdown]
# An estimator of one's own is a frozen dataclass; objects work wherever specs do. This one flips the sign of the gradient, and
# says that it is unbiased: `gg.check` holds it to its word, clause by clause.


# %%
@dataclass(frozen=True)
class Ascent(Estimator):
    """The gradient with the wrong sign."""

    def estimate(self, objective, state, *, generator):
        with torch.enable_grad():
            loss = objective.loss()
            gradient = torch.autograd.grad(loss, list(objective.parameters.values()), materialize_grads=True)
        return DenseEstimate(loss.detach(), dict(zip(objective.parameters, (-g for g in gradient), strict=True))), state

    def declaration(self, shapes, batch):
        return Declaration(unbiased=True, stochastic=False, memory="activations", records_tape=True)


clauses = gg.check(Ascent())
print(clauses[["clause", "verdict"]].to_string(index=False))
broken = clauses[clauses.verdict == "failed"]
print(broken[["clause", "expected", "observed"]].iloc[0].to_string())
assert list(broken.clause) == ["unbiased"]

# %% [markdown]
# What there is to measure:

# %%
for item in gg.list_estimators()[:4]:
    print(item.name, "-", item.summary)
