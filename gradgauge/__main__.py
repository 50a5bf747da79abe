"""`python -m gradgauge`: the command line, also from a checkout that is not installed."""

import sys

if not sys.flags.safe_path and sys.path:
    sys.path.append(sys.path.pop(0))  # the current folder: what lies there, such as a torch.py, must not shadow anything

from gradgauge.cli import main

if __name__ == "__main__":
    main()
