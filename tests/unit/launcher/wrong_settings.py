"""A service whose settings can't work."""

import sys

from shared.entry import EXIT_CONFIGURATION

sys.stderr.write("PRESSROOM_COLOUR: must be blue\n")
sys.exit(EXIT_CONFIGURATION)
