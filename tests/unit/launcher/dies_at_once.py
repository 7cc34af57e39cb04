"""`python -m tests.unit.launcher.dies_at_once`: a service that can't start."""

import sys

sys.exit("no such thing as a free port")
