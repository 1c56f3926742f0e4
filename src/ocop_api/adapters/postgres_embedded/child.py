"""Become a PostgreSQL program: the few steps between the fork and the exec.

Run as a script by ``launch.py`` in a bare interpreter (``python -I -S child.py '<order>'``), so it
imports the standard library only. Doing these steps here and not in ``preexec_fn`` keeps the
launcher safe in a process with threads.
"""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path
from typing import TypedDict

_PR_SET_PDEATHSIG = 1
_OPEN_FILES = 4096
DATA = "{data}"


class Order(TypedDict):
    """What the launcher asks for. ``{data}`` in an argument stands for the data directory."""

    parent: int
    uid: int | None
    gid: int | None
    death_signal: int
    argv: list[str]
    env: dict[str, str]
    data: str
    data_fd: int


def main(order: Order) -> None:
    """Drop rights, tie this process to its parent's life and exec; does not return."""
    _raise_open_files()
    if order["uid"] is not None and order["gid"] is not None:
        os.setgroups([])
        os.setgid(order["gid"])
        os.setuid(order["uid"])
    # After setuid, because a change of user clears the setting.
    _die_with_parent(order["death_signal"])
    if os.getppid() != order["parent"]:
        sys.exit("the starting process ended before the server began")
    os.umask(0o077)
    os.chdir("/")
    data = _reachable(order["data"], order["data_fd"])
    argv = [argument.replace(DATA, data) for argument in order["argv"]]
    try:
        os.execve(argv[0], argv, order["env"])  # noqa: S606 - a fixed program, and no shell is the point
    except OSError as error:
        sys.exit(f"cannot run {argv[0]}: {error.strerror}")


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _die_with_parent(signal_number: int) -> None:
    """Ask the kernel for ``signal_number`` when the parent ends; Linux only, elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def _reachable(data: str, data_fd: int) -> str:
    """Return a name of the data directory that this user can follow.

    Root may keep its data below a folder that nobody else can enter (its home). The directory was
    opened before the rights were dropped, and its entry in /proc leads there without a walk
    through the parents.
    """
    try:
        Path(data, ".").stat()
    except PermissionError:
        by_descriptor = f"/proc/self/fd/{data_fd}"
        if Path(by_descriptor, ".").exists():
            return by_descriptor
    return data


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
