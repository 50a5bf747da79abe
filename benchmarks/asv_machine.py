"""What to call this machine in asv's results, with the GPU that `GRADGAUGE_DEVICE` names.

asv machine --yes --machine "$(GRADGAUGE_DEVICE=cuda python -m benchmarks.asv_machine)"
"""

import platform
import sys

from benchmarks.harness.gpu import DeviceError
from benchmarks.tracking import machine_name


def main() -> None:
    """Print the name; exit code 2 where there is no such device."""
    try:
        sys.stdout.write(f"{machine_name(platform.node())}\n")
    except DeviceError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
