"""`python -m pygpt` is the `pygpt` command."""

import sys

from .cli import main

sys.exit(main())
