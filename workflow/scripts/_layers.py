"""What the jobs that read layers do with each: see that it is unchanged, read it, hand it on, tell what was mended."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from _job import check_unchanged

from asmgold.io.files import write_json
from asmgold.io.tables import write_table
from asmgold.sources.mending import MENDED


def read_each(paths: Sequence[str], params: Any, output: Any, read: Callable[[int, Path], Any]) -> None:
    """Read files one after the other, and write a table for each.

    Parameters
    ----------
    paths : the files
    params : with a lock, a content and an origin for each file, as the rule has them
    output : with the table of each file (`layers`) and what was mended (`mended`)
    read : makes the table, given the number of a file and its path
    """
    mended: dict[str, list[str]] = {}
    told_of_each = zip(paths, output.layers, params.locks, params.contents, params.origins, strict=True)
    for number, (path, target, lock, content, origin) in enumerate(told_of_each):
        check_unchanged(Path(path), lock, content)
        table = read(number, Path(path))
        if told := table.attrs.pop(MENDED, None):
            mended[origin] = told
        write_table(table, Path(target))
    write_json(mended, Path(output.mended))
