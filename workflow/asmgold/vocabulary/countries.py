"""Countries by name: the codes of ISO 3166-1 behind any of their names, and what belongs to which."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from asmgold.vocabulary.iso import KOSOVO

# Codes of Natural Earth's own, as ISO 3166 has them; Kosovo has the code that users have agreed on.
CODES = {
    "ALD": "ALA", "ATC": "AUS", "CYN": "CYP", "IOA": "AUS", "KOS": KOSOVO, "PSX": "PSE", "SAH": "ESH", "SDS": "SSD",
    "SOL": "SOM",
}  # fmt: skip
# Names that the sources use and pycountry does not know, as `_plain` writes them: short, old or misspelt ones.
NAMES = {
    "bosnia-herzegovina": "BIH",
    "burma": "MMR",
    "cape verde": "CPV",
    "congo (brazzaville)": "COG",
    "congo (kinshasa)": "COD",
    "cote divoire": "CIV",
    "dem. rep. congo": "COD",
    "democratic republic of congo": "COD",
    "democratic republic of the congo": "COD",
    "dominican rep": "DOM",
    "east germany": "DEU",
    "east timor": "TLS",
    "german democratic republic": "DEU",
    "indian ocean ter": "AUS",
    "ivory coast": "CIV",
    "kalaallit nunaat (greenland)": "GRL",
    "kosovo": KOSOVO,
    "luxenbourg": "LUX",
    "macedonia": "MKD",
    "n. cyprus": "CYP",
    "republic of the congo": "COG",
    "rhodesia": "ZWE",
    "russia": "RUS",
    "sint maarten": "SXM",
    "somaliland": "SOM",
    "st-martin": "MAF",
    "surinam": "SUR",
    "swaziland": "SWZ",
    "the gambia": "GMB",
    "trinidad": "TTO",
    "turkey": "TUR",
    "upper volta": "BFA",
    "usa": "USA",
    "west germany": "DEU",
    "zaire": "COD",
}
# Names of what is several countries today.
SEVERAL = {
    "czechoslovakia": ("CZE", "SVK"),
    "korean peninsula": ("KOR", "PRK"),
    "serbia and montenegro": ("MNE", "SRB", "XKX"),
    "ussr": ("ARM", "AZE", "BLR", "EST", "GEO", "KAZ", "KGZ", "LTU", "LVA", "MDA", "RUS", "TJK", "TKM", "UKR", "UZB"),
    "yugoslavia": ("BIH", "HRV", "MKD", "MNE", "SRB", "SVN", "XKX"),
}
# Places with a code of their own that records state under the country they belong to.
DEPENDENCIES = {
    "AUS": ("CCK", "CXR", "HMD", "NFK"),
    "CHN": ("HKG", "MAC"),
    "DNK": ("FRO", "GRL"),
    "FIN": ("ALA",),
    "FRA": ("ATF", "BLM", "GLP", "GUF", "MAF", "MTQ", "MYT", "NCL", "PYF", "REU", "SPM", "WLF"),
    "GBR": ("AIA", "BMU", "CYM", "FLK", "GGY", "GIB", "IMN", "IOT", "JEY", "MSR", "PCN", "SGS", "SHN", "TCA", "VGB"),
    "NLD": ("ABW", "BES", "CUW", "SXM"),
    "NOR": ("BVT", "SJM"),
    "NZL": ("COK", "NIU", "TKL"),
    "USA": ("ASM", "GUM", "MNP", "PRI", "UMI", "VIR"),
}


@cache
def country_codes(name: str) -> tuple[str, ...]:
    """The codes of ISO 3166-1 (three letters) of a country given by any code or name; none if it is unknown.

    Historical names count: Zaire is the Democratic Republic of the Congo, Czechoslovakia is two countries. Names are
    compared without regard to case, accents and what stands around them. Source: pycountry (Debian's iso-codes), and
    the names above. Kosovo, which has no code, has the one that users have agreed on.

    >>> country_codes("Burma"), country_codes("Korean Peninsula"), country_codes("Atlantis")
    (('MMR',), ('KOR', 'PRK'), ())
    """
    import pycountry  # few of those who import this module look a country up

    plain = _plain(name)
    if plain in SEVERAL:
        return SEVERAL[plain]
    if plain in NAMES:
        return (NAMES[plain],)
    code = CODES.get(name.strip().upper(), name.strip())
    if code.isdigit():
        country = pycountry.countries.get(numeric=code.zfill(3))
        return (country.alpha_3,) if country is not None else ()
    if code in CODES.values():
        return (code,)
    for word in (code, plain):
        try:
            return (pycountry.countries.lookup(word).alpha_3,)
        except LookupError:
            continue
    return ()


def _plain(name: str) -> str:
    """Lower case without accents, apostrophes and what stands around the name."""
    letters = unicodedata.normalize("NFKD", name)
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", re.sub("['`´’‘\x92]", "", kept)).strip(" .,;?").casefold()


def with_dependencies(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of countries with those of the places that belong to them."""
    return codes + tuple(place for code in codes for place in DEPENDENCIES.get(code, ()))
