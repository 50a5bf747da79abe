"""Gradients whose error travels back through feedback instead of through the transposes of the weights.

In backprop the error at a layer's input is Wᵀ δ, with the very W of the forward pass. The methods here put feedback in its
place: fixed and random (`alignment`), straight from the output (`direct`), the signs of W (`sign_symmetry`), learned from noise
(`weight_mirror`). Everything else is differentiated as it stands: the layers' own parameters, activations, normalisation,
pooling, attention's products of activations, additions of skip connections. So the last layer's gradient is exact, and the
others' are biased by what their error went through.

A layer is a call of `linear` or of a convolution with a parameter as its weight, whoever makes it (`rerouting`).
Feedback belongs to the parameter: two calls with one weight (tied layers, a cell unrolled by hand) meet the same feedback.
"""
