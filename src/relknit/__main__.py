"""`python -m relknit` is `relknit`."""

import sys

from relknit.cli import main

if __name__ == "__main__":
    sys.exit(main())
