"""`python -m shared.launcher`: what `make run` runs."""

import signal
import sys

# Until there is something to stop, Ctrl-C just ends this process: no traceback while it is still importing.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from shared.launcher.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
