"""`python -m worker.children.forkserver FD MEMORY_MB`: loads what a render needs, once, and forks children.

It is started by a worker with an empty environment and asked over the socket FD, one request at a time. It
never renders a job itself, so that every child begins clean. It ends when the socket closes, and its children
end with it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import sys
import traceback
from typing import Final

from shared.tuning import calm_the_collector
from worker.children import child
from worker.children.process_control import end_with_the_parent, name_process
from worker.render.engine import warm_up

#: what is asked, and the pid that it is about
REQUEST: Final = struct.Struct(">cI")
#: with two descriptors, a socket to the worker and a pipe for stderr: answered by the new child's pid, or by
#: minus the errno when there is none
FORK: Final = b"F"
#: answered by how the child ended, which takes it out of the process table
STATUS: Final = b"S"
ANSWER: Final = struct.Struct(">q")
#: of a child: it has not ended
RUNS: Final = 1 << 32
#: of a child: nobody knows
UNKNOWN: Final = RUNS + 1


def main() -> None:
    """Serves requests until the socket closes."""
    end_with_the_parent()
    name_process("render-forks")
    control = socket.socket(fileno=int(sys.argv[1]))
    memory_mb = int(sys.argv[2])
    warm_up()
    # what is loaded stays: left alone by the collector, its pages stay shared with the children
    calm_the_collector()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 2)
        if not message:
            os._exit(0)
        kind, pid = REQUEST.unpack(message)
        answer = _fork(control, memory_mb, descriptors) if kind == FORK else _status(pid)
        control.sendall(ANSWER.pack(answer))


def _fork(control: socket.socket, memory_mb: int, descriptors: list[int]) -> int:
    """What fails here must not end the server: all its children would end with it."""
    server = os.getpid()
    try:
        connection, stderr = descriptors
        pid = os.fork()
    except ValueError:  # the kernel drops those that this process has no room for
        return -errno.EMFILE
    except OSError as error:
        return -(error.errno or errno.EAGAIN)
    else:
        if pid == 0:
            control.close()
            _become_child(server, memory_mb, connection, stderr)
        return pid
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _become_child(server: int, memory_mb: int, connection: int, stderr: int) -> None:
    status = 1
    try:
        os.setsid()
        os.dup2(stderr, 2)
        os.close(stderr)
        end_with_the_parent()
        if os.getppid() == server:  # else it ended before this child could be told
            child.serve(socket.socket(fileno=connection), memory_mb)
        status = 0
    except BaseException:
        traceback.print_exc()
        with contextlib.suppress(OSError):
            sys.stderr.flush()
    finally:
        os._exit(status)


def _status(pid: int) -> int:
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return UNKNOWN
    return os.waitstatus_to_exitcode(status) if ended else RUNS


if __name__ == "__main__":
    main()
