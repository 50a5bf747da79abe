"""`python -m gradgauge`: the command line, also from a checkout that is not installed."""

from gradgauge.cli import main

if __name__ == "__main__":
    main()
