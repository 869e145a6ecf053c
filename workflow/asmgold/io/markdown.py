"""Text that others wrote, in Markdown: it is shown as it is, and mentions, links, closes and runs nothing.

GitHub looks for `@name`, `#12` and `fixes #12` in what it has rendered, so that backslashes do not keep it from them;
in code it looks for nothing.
"""

from __future__ import annotations

import re

from asmgold.errors import excerpt

MAX_LENGTH = 120
# An address of plain letters stays a link; a reference is broken by a joiner that nobody sees.
IN_SENTENCES = re.compile(r"https?://[\w./:?=&%~+-]+|[\\|*_`\[\]<>&~$]|[@#](?=\w)|(?<=\b[Gg][Hh])-(?=\d)")
JOINER = "\N{WORD JOINER}"


def code(text: object, max_length: int = MAX_LENGTH) -> str:
    """The text as code on one line, in a cell of a table or elsewhere; a dash if it is empty."""
    line = excerpt(text, max_length)
    if not line:
        return "–"
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence, blank = "`" * (longest + 1), " " * ("`" in (line[0], line[-1]))
    # A bar ends a cell of a table also in code, but for one after a backslash, of which the text may have its own.
    cell = re.sub(r"\\(?=\|)", rf"\\{JOINER}", line).replace("|", r"\|")
    return f"{fence}{blank}{cell}{blank}{fence}"


def in_sentence(text: object) -> str:
    """The text as part of a paragraph or a heading, on one line."""
    return IN_SENTENCES.sub(_harmless, " ".join(str(text).split()))


def _harmless(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if len(sign) > 1 else sign + JOINER if sign in "@#-" else f"\\{sign}"
