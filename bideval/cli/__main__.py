"""`python -m bideval.cli`: the same as the command `bideval`."""

from __future__ import annotations

import sys

from bideval.cli.main import main

sys.exit(main())
