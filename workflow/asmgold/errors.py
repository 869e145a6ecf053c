"""The one exception for what a user can mend: bad input, bad configuration."""

from __future__ import annotations


class InputError(Exception):
    """Something in the input or the configuration is wrong.

    The message names the file, the row or key, what was found and what was expected; it is all the user sees.
    """
