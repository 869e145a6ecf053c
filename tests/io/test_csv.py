"""CSV products are tables for spreadsheets, not programs."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd

from asmgold.io.tables import write_csv


def test_no_text_is_a_formula_and_numbers_stay_numbers(tmp_path):
    texts = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a\r=1", "b\n=1", "all", "2018", "a=b", None]
    table = pd.DataFrame({"text": texts, "number": -np.arange(11) / 7, "mixed": [-1.5, *["x"] * 10]})
    write_csv(table, tmp_path / "a.csv", decimals=3)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [
        *(f"'{text}" for text in texts[:4]), "'=1", "a =1", "b =1", "all", "2018", "a=b", "",
    ]  # fmt: skip
    assert [float(row["number"]) for row in rows] == (-np.arange(11) / 7).round(3).tolist()
    assert rows[0]["mixed"] == "-1.5"


def test_the_sign_of_a_rounding_error_is_not_written(tmp_path):
    write_csv(pd.DataFrame({"x": [-1e-12, -0.0, 0.0, -0.5, np.nan], "n": [-1, 0, 1, 2, 3]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "x,n\n0.0,-1\n0.0,0\n0.0,1\n-0.5,2\n,3\n"
