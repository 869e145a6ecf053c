"""The parsers of the project, and the input that each is fed with."""

from __future__ import annotations

import io
import logging
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from asmgold.config.content import BESIDE_ANY, NAMED_IN_VRT
from asmgold.config.loading import (
    check_settings,
    load_corrections,
    load_lock,
    load_refresh_settings,
    load_sources,
    read_yaml,
)
from asmgold.config.models import Evidence, Layer, Source
from asmgold.errors import excerpt, printable
from asmgold.io.markdown import code, in_sentence
from asmgold.io.text import decoded, isolated, nameless, readable, web_address
from asmgold.publish.letters import drawable
from asmgold.records.deduplicate import names_of
from asmgold.records.flags import FACILITY, LOST_CHARACTER, NO_PLANT, PLANT
from asmgold.release.sums import read_sums
from asmgold.sources.commodities import listed_commodities, mrds_commodities
from asmgold.sources.evidence import _period, read_evidence
from asmgold.sources.raster import check_raster
from asmgold.sources.records import read_records
from asmgold.sources.small_tables import read_production, read_published
from asmgold.sources.vector import read_layer
from asmgold.upstream.arcgis import download_in_batches
from asmgold.upstream.checks import PAGE, _title, check_file
from asmgold.upstream.client import Answer, Client
from asmgold.vocabulary.countries import country_codes
from tests.fuzz.run import Target
from tests.sources.test_hostile_input import NASTY

PROJECT = Path(__file__).parents[2]
EMBEDDED = PROJECT / "data/raw/embedded"
LONGEST = 20_000
# What patterns and parsers stumble over, to be repeated.
UNITS = (
    "?", " ", "a", "A ", "-", "--", "<!--", "-->", "<!---->", "<", ">", "<a ", "'", '"', '""', '\\"', ",", ",,", ";",
    "\t", "\n", "\r\n", "{", "[", "[[", "- ", "? ", ": ", "&a ", "*a ", "!!", "0", "1", "9", ".", "e", "1e", "_",
    "\u0300", "é",
    "\xa0", "n/a", "no name", "un", "(", ")", "|", "`", "*", "~", "@", "#", "http://", "and ", "or ", " - ", "creek ",
    "Mina ", "\x85",
)  # fmt: skip
PIECES = st.one_of(
    st.sampled_from([*UNITS, *NASTY]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)


@st.composite
def repeated_texts(draw: Callable[..., Any]) -> str:
    """A start, a few signs many times over, and an end: what takes a pattern long that tries every way to part it."""
    unit = draw(st.one_of(PIECES, st.lists(st.sampled_from(UNITS), min_size=1, max_size=3).map("".join))) or "?"
    times = draw(st.sampled_from([1, 3, 30, 300, 3_000, LONGEST]))
    return (draw(PIECES) + (unit * times)[:LONGEST] + draw(PIECES))[: LONGEST + 1000]


TEXTS = st.one_of(repeated_texts(), st.lists(PIECES, max_size=12).map("".join))


@st.composite
def mutated(draw: Callable[..., Any], seeds: tuple[bytes, ...]) -> bytes:
    """A good file with some bytes cut out, doubled, put elsewhere, or written over."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        start = int(draw(st.floats(0, 1)) * len(content))
        end = min(len(content), start + draw(st.sampled_from([0, 1, 2, 7, 40, 400, LONGEST])))
        piece = draw(st.one_of(
            st.just(b""), PIECES.map(_bytes), st.binary(max_size=8), st.just(content[start:end] * 2),
            st.sampled_from(UNITS).flatmap(lambda unit: st.sampled_from([10, 1_000]).map(lambda n: _bytes(unit) * n)),
        ))  # fmt: skip
        content = (content[:start] + piece + content[end:])[: 4 * LONGEST]
    return content


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _head(path: Path, lines: int) -> bytes:
    with path.open("rb") as file:
        return b"".join(line for line, _ in zip(file, range(lines), strict=False))


def _zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@dataclass
class _OneFile:
    """A folder in which each input is put in the place of the one before."""

    folder: Path

    def fed(self, name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
        """A parser of bytes, from one of files."""

        def parse(content: bytes) -> object:
            path = self.folder / name
            path.write_bytes(content)
            return read(path)

        return parse


class _Server(Client):
    """Answers of an ArcGIS server, one after the other, without a server."""

    answers: Iterator[bytes]

    def answering(self, answers: list[bytes]) -> _Server:
        object.__setattr__(self, "answers", iter(answers))
        return self

    def download(self, label: str, url: str, target: Path, **_: Any) -> Answer:
        target.write_bytes(next(self.answers, b"{}"))
        return Answer(url, True)


GEOJSON = tuple(
    "".join(parts).encode()
    for parts in (
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "id": 1, "properties": {"name": "a", ',
         '"n": 1.5, "date": "2019-05-03"}, "geometry": {"type": "Polygon", "coordinates": [[[-70, -13], [-69, -13], ',
         "[-69, -12], [-70, -13]]]}}]}"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "id": 2, "properties": {"n": null}, ',
         '"geometry": {"type": "MultiPolygon", "coordinates": [[[[179, 0], [181, 0], [181, 1], [179, 0]]], [[[0, 0], ',
         '[1, 0], [1, 1], [0, 0]]]]}}, {"type": "Feature", "properties": null, "geometry": ',
         '{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}}]}'),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"n": 3, ',
         '"date": 1556841600000}, "geometry": {"type": "Point", "coordinates": [-70, -13]}}]}'),
        ('{"objectIdFieldName": "OBJECTID", "objectIds": [2, 1]}',),
        ('{"error": {"code": 400, "message": "Invalid"}}',),
    )
)  # fmt: skip
SCENARIO = b"""\
scenario: small
area: {source: natural_earth, where: {ISO_A3: PER}, title: Peru}
overlays:
  zone: {file: a.geojson, title: Zone, group_by: name}
evidence:
  seen: {file: b.csv, weight_field: km2, period_field: year}
buffer_km: 20
"""


def _source(reader: Any, filename: str) -> Source:
    address = f"https://example.org/{filename}"
    return Source(title="t", producer="p", citation="c", licence="l", urls=[address], filename=filename,
                  reader=reader)  # fmt: skip


def _every_text(text: str) -> None:
    """Everything that looks at a text of records, titles or servers with a pattern."""
    for look in (nameless, web_address, readable, decoded, isolated, printable, excerpt, code, in_sentence, drawable,
                 mrds_commodities, listed_commodities, country_codes, _period):  # fmt: skip
        look(text)
    list(names_of(text))
    for pattern in (PLANT, NO_PLANT, NAMED_IN_VRT):
        pattern.search(text)
    FACILITY.match(text)  # as records are; a search would try each blank of a long row of them
    BESIDE_ANY.fullmatch(text)
    re.search(LOST_CHARACTER, text)


def _page(text: str) -> None:
    head = text.encode("utf-8", "replace")[:4096]
    PAGE.match(head)
    _title(head)


@cache
def _base() -> tuple[dict[str, Any], dict[str, Source]]:
    return read_yaml(PROJECT / "config/config.yaml"), load_sources(PROJECT / "config/sources.yaml")


def _settings(path: Path) -> None:
    content, (base, sources) = read_yaml(path), _base()
    if isinstance(content, dict):
        check_settings(base | {str(key): value for key, value in content.items()}, sources)


@contextmanager
def targets() -> Iterator[list[Target]]:
    """All of them, for as long as their folder is there."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        yield _targets(_OneFile(Path(folder)))
    logging.disable(logging.NOTSET)


def _targets(one: _OneFile) -> list[Target]:
    config = PROJECT / "config"
    mrds, deposits = _head(EMBEDDED / "mrds_peru.csv", 12), _head(EMBEDDED / "major_deposits_peru.csv", 12)
    mrds_quoted = (
        b'dep_id,site_name,latitude,longitude,country,commod1,commod2,commod3\n1,"a ""b"",\nc",-12,-70,Peru,Gold,,\n'
    )
    seen = _head(EMBEDDED / "mining_seen_peru.csv", 8)
    points, layer = Evidence(file="a", weight_field="km2", period_field="year"), Layer(file="a")
    dated = Evidence(file="a", period_field="date")
    deposit_zip = _zipped({"ofr/deposit.csv": deposits, "ofr/commodity.csv": b"gid,value\n1159,Au\n"})
    archive = _zipped({"mrds.csv": mrds})
    vector, records = _source("vector", "a.geojson"), _source("mrds", "a.zip")
    lock = _head(config / "sources.lock.yaml", 30)

    def check(source: Source) -> Callable[[Path], object]:
        return lambda path: check_file(path, "source", source)

    def arcgis(answers: list[bytes]) -> object:
        server = _Server().answering(answers)
        return download_in_batches("layer", "https://h/0/query?where=1=1&f=geojson", one.folder / "l.geojson", server)

    return [
        Target("records: mrds", mutated((mrds, mrds_quoted)), one.fed("m.csv", lambda p: read_records(p, "mrds"))),
        Target("records: deposits", mutated((deposits,)),
               one.fed("d.csv", lambda p: read_records(p, "major_deposits"))),
        Target("records: zip", mutated((deposit_zip,)), one.fed("d.zip", lambda p: read_records(p, "major_deposits"))),
        Target("positions", mutated((seen, seen.replace(b",", b";"), seen.replace(b",", b"\t"))),
               one.fed("p.csv", lambda p: read_evidence(p, points))),
        Target("evidence: GeoJSON", mutated(GEOJSON[:3]), one.fed("e.geojson", lambda p: read_evidence(p, dated))),
        Target("published shares", mutated((_head(EMBEDDED / "published_shares.csv", 4),)),
               one.fed("s.csv", read_published)),
        Target("production", mutated((_head(EMBEDDED / "asm_gold_production.csv", 9),)),
               one.fed("t.csv", read_production)),
        Target("layer: GeoJSON", mutated(GEOJSON[:3]), one.fed("l.geojson", lambda p: read_layer(p, layer))),
        Target("raster", mutated((b"II*\x00\x08\x00\x00\x00" + b"\x00" * 60, b"MM\x00*", b"II+\x00")), one.fed(
            "r.tif", lambda p: check_raster(p, _exposure(), driver="GTiff"))),
        Target("upstream: GeoJSON", mutated(GEOJSON), one.fed("a.geojson", check(vector))),
        Target("upstream: zip", mutated((archive,)), one.fed("a.zip", check(records))),
        Target("upstream: ArcGIS", st.lists(mutated(GEOJSON), max_size=4), arcgis),
        Target("web page", TEXTS, _page),
        Target("YAML: any", mutated((SCENARIO, lock)), one.fed("y.yaml", read_yaml)),
        Target("YAML: settings", mutated((SCENARIO,)), one.fed("c.yaml", _settings)),
        Target("YAML: sources", mutated((_head(config / "sources.yaml", 40),)), one.fed("so.yaml", load_sources)),
        Target("YAML: lock", mutated((lock,)), one.fed("lo.yaml", load_lock)),
        Target("YAML: corrections", mutated((_head(config / "corrections.yaml", 30),)),
               one.fed("co.yaml", load_corrections)),
        Target("YAML: refresh", mutated(((config / "refresh.yaml").read_bytes(),)),
               one.fed("re.yaml", load_refresh_settings)),
        Target("checksums", mutated((b"a" * 64 + b"  a.csv\n" + b"b" * 64 + b"  b/c.csv\n",)),
               one.fed("SHA256SUMS", lambda p: read_sums(p.parent))),
        Target("texts", TEXTS, _every_text),
    ]  # fmt: skip


def _exposure() -> Any:
    from asmgold.config.models import Exposure

    return Exposure(source="people", unit="people")
