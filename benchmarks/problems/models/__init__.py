"""The models that problems are made of, one architecture a file, in plain torch and from the papers' descriptions.

`model` says what they share. Where a model is a chain it is a `torch.nn.Sequential` of its blocks, so that methods which run the
parts by themselves (checkpointing) find them. Nothing here measures, and nothing downloads weights.
"""
