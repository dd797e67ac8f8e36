"""Runs a command: `python -m leadpulse_app COMMAND`."""

import sys

from leadpulse_app.cli import main

sys.exit(main())
