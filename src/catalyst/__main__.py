"""`python -m catalyst` is the command `catalyst`."""

import sys

from catalyst.cli.main import main

sys.exit(main())
