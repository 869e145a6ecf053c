"""The exceptions for what a user can mend, or wait for: bad input, bad configuration, a server out of reach."""

from __future__ import annotations


class InputError(Exception):
    """Something in the input or the configuration is wrong.

    The message names the file, the row or key, what was found and what was expected; it is all the user sees. What
    was found may be hostile: nothing in the message can steer a terminal.
    """

    exit_status = 1

    def __init__(self, message: object = "") -> None:  # noqa: D107
        super().__init__(printable(str(message)))


class AccountingError(InputError):
    """Records were lost or counted twice on the way: a fault of this program. Nothing is published."""


class RefusedError(InputError):
    """What was given, or is in the way, is not what was expected. It was not taken in, and not changed."""

    exit_status = 4


class GateError(RefusedError):
    """The results would change more than the gates allow. Nothing was replaced."""


class BusyError(InputError):
    """Another refresh, run or load is under way. Nothing was done."""

    exit_status = 5


class UnreachableError(InputError):
    """Upstream or a database did not answer to the end: no connection, one that was cut, or no answer of use.

    Waiting may help.
    """

    exit_status = 3


def printable(text: str) -> str:
    """Text for a terminal: line ends stay, other control characters and marks of direction show as escapes."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        sign if sign == "\n" or sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def excerpt(text: object, max_length: int = 60) -> str:
    """Text that was found, for a message: on one line, and no longer than needed to recognise it."""
    line = " ".join(str(text).split())
    return printable(line if len(line) <= max_length else line[: max_length - 4] + " ...")
