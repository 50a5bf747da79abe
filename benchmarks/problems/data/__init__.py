"""Where samples come from: real images, or synthetic ones of any size. Real data are the default.

`source` is the interface, `synthetic` and `real` implement it. Real data are read once, by `preparation`, from what
scikit-learn brings along, from original files (`originals`) or through OpenML (`openml`), in a folder that `home` names; whoever
measures reads prepared arrays by numpy alone.
"""
