"""The fuzz itself: it finds a fault, says how fast it was, and every parser stands a first second of it."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from asmgold.errors import InputError
from tests.fuzz.run import Target, fuzz, report
from tests.fuzz.targets import targets


def test_a_fault_is_told_with_its_smallest_input(capsys):
    def parse(number):
        if number >= 1000:
            raise KeyError(number)
        if number > 10:
            raise InputError("too large")

    assert report([Target("numbers", st.integers(0, 10**6), parse)], 0.1) == 1
    shown = capsys.readouterr().out
    assert "FAULT KeyError: 1000" in shown
    assert "1 faults" in shown


def test_what_takes_long_is_a_fault(monkeypatch):
    monkeypatch.setattr("tests.fuzz.run.LIMIT_S", 0.0)
    assert "took" in fuzz(Target("slow", st.integers(), str), 1).fault


@pytest.mark.filterwarnings("ignore")
def test_every_parser_stands_a_short_fuzz():
    with targets() as known:
        courses = [fuzz(target, 0.01, 50, always_the_same=True) for target in known]
    assert [course.fault for course in courses if course.fault] == []
