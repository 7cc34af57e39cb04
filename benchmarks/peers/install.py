"""Installs the peers beside the project, into `.bench/`: `python -m benchmarks.peers.install`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from shared.settings import CHECKOUT

HERE = Path(__file__).parent
ROOM = CHECKOUT / ".bench"
NODE_ROOM = ROOM / "node"
PEER_PYTHON = ROOM / "venv" / "bin" / "python"
#: what pip could not install, one reason a line
_FAILED = ROOM / "failed.txt"


def node_peers() -> str | None:
    """Makes the Node peers ready; returns why that is not possible, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return "node and npm are not installed"
    NODE_ROOM.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "node" / "package.json").read_text()
    done = NODE_ROOM / ".installed"
    for file in (HERE / "node").iterdir():
        shutil.copyfile(file, NODE_ROOM / file.name)
    if done.exists() and done.read_text() == wanted:
        return None
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--silent"]
    failure = _run(command, NODE_ROOM)
    if failure is None:
        done.write_text(wanted)
    return failure


def python_peers() -> str | None:
    """Makes the Python peers ready; returns what could not be installed and why, or None. The rest is there."""
    wanted = (HERE / "requirements.txt").read_text()
    done = ROOM / "venv" / ".installed"
    if done.exists() and done.read_text() == wanted:
        return None
    if _FAILED.exists() and _FAILED.stat().st_mtime > (HERE / "requirements.txt").stat().st_mtime:
        return _FAILED.read_text()
    if not PEER_PYTHON.exists():
        try:
            venv.create(ROOM / "venv", with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return f"no venv: {error}"
    pip = [str(PEER_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if _run([*pip, "-r", str(HERE / "requirements.txt")], ROOM) is None:
        _FAILED.unlink(missing_ok=True)
        done.write_text(wanted)
        return None
    names = [line for line in wanted.splitlines() if "==" in line]  # one alone must not stop the others
    failures = [f"{name}: {failure}" for name in names if (failure := _run([*pip, name], ROOM))]
    _FAILED.write_text("; ".join(failures))
    return _FAILED.read_text() or None


def chromium() -> str | None:
    """Where a Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _run(command: list[str], folder: Path) -> str | None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else (done.stderr or done.stdout).strip()[-300:]


if __name__ == "__main__":
    for kind, install in (("Node", node_peers), ("Python", python_peers)):
        sys.stdout.write(f"{kind} peers: {install() or 'ready'}\n")
