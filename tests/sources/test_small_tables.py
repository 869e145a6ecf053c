"""Small tables of the user's own: right, or one message that names the row."""

from pathlib import Path

import pytest

from asmgold.errors import InputError
from asmgold.sources.small_tables import read_production

HEADER = "year,ministry_koz,unep_koz,unep_oz_in_text\n"


def production(folder: Path, rows: str) -> Path:
    path = folder / "production.csv"
    path.write_text(HEADER + rows)
    return path


def test_years_are_whole_and_a_gap_stays_one(tmp_path: Path) -> None:
    table = read_production(production(tmp_path, "2004,387,818,\n2005,189,,592602\n"))
    assert [*table["year"]] == [2004, 2005]
    assert table["unep_koz"].isna().tolist() == [False, True]


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert len(read_production(production(tmp_path, ""))) == 0


@pytest.mark.parametrize("row", ["inf,1,1,", "2005.5,1,1,", "1e300,1,1,", ",1,1,", "2005,many,1,", "2005,inf,1,"])
def test_what_is_no_year_or_no_number_is_told_with_its_row(tmp_path: Path, row: str) -> None:
    path = production(tmp_path, f"2004,387,818,\n{row}\n")
    with pytest.raises(InputError, match="row 2 holds what is no number, or no year") as refused:
        read_production(path)
    assert str(refused.value).startswith(str(path))
