"""What gradients are taken of: a module with its loss and one batch, or a closed-form function, from a spec string.

`registry` holds the names (torch-free), `problem` builds, `functions` and `models` say what is built, `data` feeds it.
Nothing here measures.
"""
