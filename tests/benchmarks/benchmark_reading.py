"""How long reading a full-size MRDS takes, and how much memory: `python tests/benchmarks/benchmark_reading.py`.

A table of the official size and columns is made for the purpose (304,600 rows, about 137 MB, always the same), in a
temporary folder and in the zip that the producer gives. Each reading runs in a process of its own.
"""

from __future__ import annotations

import csv
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROWS = 304_600
BYTES_PER_ROW = 450
SEED = 20111
REPEATS = 3
MOST_SECONDS = 15.0
MOST_MEGABYTES = 1000.0

# fmt: off
COLUMNS = (
    "dep_id", "url", "mrds_id", "mas_id", "site_name", "latitude", "longitude", "region", "country", "state", "county",
    "com_type", "commod1", "commod2", "commod3", "oper_type", "dep_type", "prod_size", "dev_stat", "ore", "gangue",
    "other_matl", "orebody_fm", "work_type", "model", "alteration", "conc_proc", "names", "ore_ctrl", "reporter",
    "hrock_unit", "hrock_type", "arock_unit", "arock_type", "structure", "tectonic", "ref", "yfp_ba", "yr_fst_prd",
    "ylp_ba", "yr_lst_prd", "dy_ba", "disc_yr", "prod_yrs", "discr", "score",
)
READ = (
    "dep_id", "site_name", "latitude", "longitude", "country", "commod1", "commod2", "commod3", "url", "dep_type",
    "dev_stat",
)
COMMODITIES = (
    "Gold", "Silver", "Copper", "Lead", "Zinc", "Iron", "Sand and Gravel, Construction", "Uranium", "Tin", "Tungsten",
    "Molybdenum", "Gold, Refinery", "Phosphorus-Phosphates", "Stone, Crushed/Broken", "Barium-Barite", "Manganese",
    "Mercury", "Nickel", "Cobalt", "Talc-Soapstone", "Gypsum-Anhydrite", "Clay, General",
)
COUNTRIES = ("United States", "Peru", "Canada", "Mexico", "Australia", "Chile", "", "Brazil", "Philippines")
STATUS = ("Occurrence", "Past Producer", "Producer", "Prospect", "Unknown", "Plant", "")
WORDS = (
    "quartz", "vein", "pyrite", "limonite", "granite", "schist", "fault", "shear", "zone", "placer", "gravel",
    "altered", "silicified",
)
KINDS = ("Mine", "Prospect", "Peña", "No. 2, North")
# fmt: on
FILLER = tuple(name for name in COLUMNS if name not in READ)


def make_table(rows: int = ROWS) -> bytes:
    """The table, in CSV with CRLF and a byte order mark."""
    rng = random.Random(SEED)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number in range(rows):
        row = dict.fromkeys(COLUMNS, "")
        id_ = 10_000_000 + number
        placed = rng.random() > 0.013
        row |= {
            "dep_id": str(id_),
            "url": f"https://mrdata.usgs.gov/mrds/show-mrds.php?dep_id={id_}",
            "site_name": f"{rng.choice(WORDS).title()} {rng.choice(KINDS)} {id_ % 9973}",
            "latitude": f"{rng.uniform(-55, 70):.5f}" if placed else "",
            "longitude": f"{rng.uniform(-179, 179):.5f}" if placed else "",
            "country": rng.choice(COUNTRIES),
            "dep_type": rng.choice(("", "", "Vein", "Placer", "Stratiform")),
            "dev_stat": rng.choice(STATUS),
        }
        row["commod1"] = ", ".join(rng.sample(COMMODITIES, rng.choice((1, 1, 1, 2, 3, 4))))
        row["commod2"] = ", ".join(rng.sample(COMMODITIES, rng.choice((0, 0, 0, 1, 2))))
        row["commod3"] = ", ".join(rng.sample(COMMODITIES, rng.choice((0, 0, 0, 0, 1))))
        missing = BYTES_PER_ROW - sum(map(len, row.values())) - len(COLUMNS)
        while missing > 0:
            value = " ".join(rng.choices(WORDS, k=rng.randint(1, 12)))
            row[rng.choice(FILLER)] = value
            missing -= len(value)
        writer.writerow([row[name] for name in COLUMNS])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def read_into_records(path: Path) -> int:
    from asmgold.sources.records import read_records

    return len(read_records(path, "mrds"))


def read_plainly(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.csv

    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read("mrds.csv")
    else:
        content = path.read_bytes()
    table = pyarrow.csv.read_csv(
        io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=list(READ), column_types=dict.fromkeys(READ, pa.string())
        ),
    )
    return int(table.num_rows)


READINGS = {"plain": read_plainly, "records": read_into_records}


def measure(reading: str, path: Path) -> dict[str, float]:
    """Run a reading in a process of its own. Imports count for memory, and not for time."""
    done = subprocess.run([sys.executable, __file__, reading, str(path)], capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def run_one(reading: str, path: Path) -> None:
    import pyarrow.csv  # noqa: F401

    import asmgold.sources  # noqa: F401

    start = time.perf_counter()
    rows = READINGS[reading](path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3) * (1 if sys.platform == "darwin" else 1.024)
    print(json.dumps({"rows": rows, "seconds": seconds, "megabytes": megabytes}))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "mrds.csv")
        table.write_bytes(make_table())
        archive = Path(folder, "mrds-csv.zip")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(table, "mrds.csv")
        print(f"{ROWS} rows, {table.stat().st_size / 1e6:.0f} MB, {archive.stat().st_size / 1e6:.0f} MB in the zip")
        missed = False
        for path in (table, archive):
            best = {}
            for reading in READINGS:
                runs = [measure(reading, path) for _ in range(REPEATS)]
                best[reading] = {key: min(run[key] for run in runs) for key in ("seconds", "megabytes", "rows")}
            plain, records = best["plain"], best["records"]
            assert plain["rows"] == records["rows"] == ROWS
            print(
                f"{path.name}: plain {plain['seconds']:.2f} s, {plain['megabytes']:.0f} MB; "
                f"records {records['seconds']:.2f} s, {records['megabytes']:.0f} MB; "
                f"ratio {records['seconds'] / plain['seconds']:.1f}"
            )
            missed |= records["seconds"] > MOST_SECONDS or records["megabytes"] > MOST_MEGABYTES
        print(f"aim: {MOST_SECONDS:g} s and {MOST_MEGABYTES:g} MB: {'missed' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_one(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main())
