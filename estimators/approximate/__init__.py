"""Backward passes that save or compute less than backprop and are right on average, or nearly right.

Every layer y = W x + b has two products on its way back: δᵀx, the gradient of its weight, for which its input x is saved, and
δ W, the gradient of its input. The methods here put cheaper ones in their place, wherever in a model a dense layer or a
convolution is called (`layers`): fewer rows of x (`sampled`, `sketched`), fewer outputs in both products (`randomised`), fewer
bits of all that is saved (`rounded`). The forward pass, and with it the loss, is backprop's.
"""
