"""`python -m spin_harness` is the command `spin-harness`."""

import sys

from ._command import main

sys.exit(main())
