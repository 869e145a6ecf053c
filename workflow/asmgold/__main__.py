"""`python -m asmgold`."""

import sys

from asmgold.cli import main

if __name__ == "__main__":
    sys.exit(main())
