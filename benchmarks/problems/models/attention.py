"""The block that both transformers are made of: self-attention and a two-layer perceptron, each normalised before and added.

Sources: Vaswani et al. 2017 (arXiv 1706.03762), section 3.2, for multi-head attention; Xiong et al. 2020 (arXiv 2002.04745) for
the normalisation before rather than after ("pre-norm").
"""

from torch import Tensor, nn

from benchmarks.problems.models.model import dropout_layer


class SelfAttention(nn.Module):
    """softmax(q kᵀ / √(dim / heads)) v for each head, from one linear map to q, k and v, and a linear map of all heads' outputs.

    Which kernel computes it, torch decides: forward mode needs the one called MATH.
    """

    def __init__(self, dim: int, heads: int, dropout: float, *, causal: bool) -> None:
        """Draw the weights.

        Args:
            dim: features of a token; a multiple of `heads`.
            heads: how many attend side by side.
            dropout: share of the attention weights dropped while training.
            causal: whether a token sees itself and earlier ones only.
        """
        super().__init__()
        self.heads, self.dropout, self.causal = heads, dropout, causal
        self.joint = nn.Linear(dim, 3 * dim)
        self.output = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, length, dim] -> [batch, length, dim]."""
        parts = self.joint(x).unflatten(-1, (3, self.heads, -1))  # [batch, length, 3, heads, dim / heads]
        q, k, v = parts.transpose(1, 3).unbind(2)  # each [batch, heads, length, dim / heads]
        dropout = self.dropout if self.training else 0.0
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=self.causal)
        return self.output(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Block(nn.Module):
    """x + attention(norm(x)), then x + perceptron(norm(x)) with GELU between its two layers."""

    def __init__(self, dim: int, heads: int, mlp: int, dropout: float, *, causal: bool) -> None:
        """Draw the weights.

        Args:
            dim: features of a token.
            heads: see `SelfAttention`.
            mlp: units of the perceptron's hidden layer.
            dropout: share of attention weights, of hidden units and of what is added, dropped while training.
            causal: see `SelfAttention`.
        """
        super().__init__()
        attention = SelfAttention(dim, heads, dropout, causal=causal)
        self.attention = nn.Sequential(nn.LayerNorm(dim), attention, dropout_layer(dropout))
        self.perceptron = nn.Sequential(
            nn.LayerNorm(dim),
            nn.Linear(dim, mlp),
            nn.GELU(),
            dropout_layer(dropout),
            nn.Linear(mlp, dim),
            dropout_layer(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[batch, length, dim] -> [batch, length, dim]."""
        x = x + self.attention(x)
        return x + self.perceptron(x)  # type: ignore[no-any-return]


def check_heads(dim: int, heads: int) -> None:
    """Refuse heads that cannot share the features evenly.

    Raises:
        ValueError: dim is no multiple of heads.
    """
    if dim % heads:
        raise ValueError(f"dim={dim} must be a multiple of heads={heads}")
