"""Killing a process before a chosen one of its calls that change the disk: all of Python's, one after the other.

In a test, `killed_before(n, action)` does something in a child of its own. In a program that a test starts,
`environment(...)` has Python load this module first (by `sitecustomize`), and the variables say where to kill.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# What Python tells of before it does it. Files that are opened for reading are left out, by their flags.
EVENTS = {
    "open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.utime",
    "os.chmod",
}  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def count_calls(before: Callable[[str, object], None]) -> None:
    """Call a function before each call of this process that changes the disk, from now on."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and not (event == "open" and not _writes(*arguments)):
            before(event, arguments[0])

    sys.addaudithook(hook)
    for name in ("fsync", "sendfile", "ftruncate"):  # Python does not tell of these
        setattr(os, name, _told(getattr(os, name), name, before))


def _writes(path: object, mode: str | None, flags: int) -> bool:
    # Bytecode, devices and pipes are no files of anybody.
    is_file = not str(path).startswith("/dev/") and "__pycache__" not in str(path) and not isinstance(path, int)
    return is_file and (bool(flags & WRITING) or bool(set("wax+") & set(mode or "")))


def _told(call: Callable[..., Any], name: str, before: Callable[[str, object], None]) -> Callable[..., Any]:
    def told(*arguments: Any, **more: Any) -> Any:
        if name == "sendfile":
            before(name, arguments[0])
            half = call(*arguments[:3], max(arguments[3] // 2, 1), *arguments[4:], **more)  # a file copied in part
            before(name, arguments[0])
            return half
        before(name, arguments[0])
        return call(*arguments, **more)

    return told


def kill_before(number: int) -> None:
    """Have this process killed, as by `kill -9`, before its call of that number."""
    seen = 0

    def before(event: str, what: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    count_calls(before)


def killed_before(number: int, action: Callable[[], object]) -> bool:
    """Do something in a child process that is killed before its call of that number. False if it came to its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, which have nothing to do here
        child = os.fork()
    if child == 0:
        try:
            kill_before(number)
            action()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.__stderr__, flush=True)
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def environment(folder: Path, part: str, number: int, calls: Path | None = None) -> dict[str, str]:
    """The environment in which each Python whose command line has a part is killed before its call of a number.

    Parameters
    ----------
    folder : an empty folder
    part : what the command line has
    number : which call; 0 for none
    calls : a file that lists the calls
    """
    (folder / "sitecustomize.py").write_text("import killing\n\nkilling.as_told()\n")
    path = os.pathsep.join([str(folder), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    told = {"KILL_PART": part, "KILL_NUMBER": str(number), "KILL_CALLS": str(calls or "")}
    return os.environ | told | {"PYTHONPATH": path}


def as_told() -> None:
    """Do as the variables of the environment say."""
    if os.environ["KILL_PART"] not in " ".join(sys.orig_argv):
        return
    if not (calls := os.environ["KILL_CALLS"]):
        kill_before(int(os.environ["KILL_NUMBER"]))
        return
    listed = os.open(calls, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(event: str, what: object) -> None:
        os.write(listed, f"{event} {what}\n".encode())

    count_calls(note)
