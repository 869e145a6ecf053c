"""The commodities that can be asked for, in the words and codes of both sources of records."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Commodity:
    """A commodity.

    Parameters
    ----------
    name : as the configuration calls it
    names : how the sources write it in their lists, in lower case
    codes : its codes in the table `commodity.csv` of Major mineral deposits of the world
    """

    name: str
    names: frozenset[str]
    codes: frozenset[str]


# Name; names in the lists of MRDS and of the major deposits, if they have others too; codes of the major deposits.
_TABLE = """
aluminum      | bauxite                                              | Al bauxite
antimony      |                                                      | Sb
arsenic       |                                                      | As
asbestos      |                                                      | asbestos
barite        | barium-barite, barium                                | barite Ba
beryllium     | beryl                                                | Be beryl
bismuth       |                                                      |
boron         | boron-borates                                        | B
cesium        |                                                      | Cs
chromium      | ferrochrome                                          | Cr
cobalt        |                                                      | Co
copper        | copper sulfide, copper oxide                         | Cu
diamond       |                                                      | diamond
fluorite      | fluorine-fluorite, fluorspar, fluorine               | fluorite fluorspar F
gallium       |                                                      |
germanium     |                                                      |
gold          |                                                      | Au
graphite      |                                                      | graphite
gypsum        | gypsum-anhydrite                                     | gypsum anhydrite
indium        |                                                      |
iron          | iron-pyrite, ferrosilicon                            | Fe magnetite
lead          |                                                      | Pb
lithium       |                                                      | Li
magnesite     |                                                      | magnesite
manganese     | ferromanganese                                       | Mn rhodochrosite
mercury       |                                                      | Hg
mica          |                                                      | mica muscovite phlogopite
molybdenum    |                                                      | Mo
nickel        |                                                      | Ni
niobium       | niobium (columbium), columbium                       | Nb
palladium     |                                                      | Pd
phosphate     | phosphorus-phosphates, phosphorus, phosphorous, phosphate rock | phosphate P
platinum      | pge, palladium, iridium, rhodium, ruthenium, osmium  | PGE Pt Pd
potash        | potassium                                            | potash K sylvite
rare_earths   | ree, rare earth elements, rare earths, rare, cerium, yttrium | REE
rhenium       |                                                      |
selenium      |                                                      | Se
silver        |                                                      | Ag
strontium     |                                                      | Sr
sulfur        | sulfur-pyrite                                        | S
tantalum      | tantalum from tin slag                               | Ta
tellurium     |                                                      | Te
thorium       |                                                      | Th
tin           |                                                      | Sn
titanium      | titanium-ilmenite, titanium-rutile, titanium-heavy minerals | Ti
tungsten      |                                                      | W
uranium       |                                                      | U
vanadium      |                                                      | V
zinc          |                                                      | Zn
zirconium     | zircon                                               | Zr zircon
"""


def _read(table: str) -> dict[str, Commodity]:
    commodities = {}
    for line in table.strip().splitlines():
        name, others, codes = (part.strip() for part in line.split("|"))
        names = {name.replace("_", " "), *(other.strip() for other in others.split(",") if other.strip())}
        commodities[name] = Commodity(name, frozenset(names), frozenset(codes.split()))
    return commodities


COMMODITIES = _read(_TABLE)
GOLD = COMMODITIES["gold"]


def known_commodity(name: str) -> str:
    """The name of a commodity of the table. Raises ValueError for any other, naming the nearest ones."""
    if name in COMMODITIES:
        return name
    by_any_name = {word: key for key, commodity in COMMODITIES.items() for word in (key, *commodity.names)}
    similar = difflib.get_close_matches(name.casefold(), by_any_name, n=3, cutoff=0.0)
    nearest = ", ".join(dict.fromkeys(by_any_name[word] for word in similar))
    raise ValueError(f"is {name!r}, a commodity of the sources' vocabulary was expected; the nearest are {nearest}")
