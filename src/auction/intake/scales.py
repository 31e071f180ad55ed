"""In which unit a column is written, from its name, its values and the country."""

from __future__ import annotations

from typing import Final

from auction.intake.country import MILES, Country
from auction.intake.evidence import Evidence
from auction.intake.synonyms import plain
from auction.workspace.units import QUANTITIES

#: Below this median a distance in kilometres would be that of new cars: it counts thousands.
_TEN_THOUSANDS: Final = 60.0
_THOUSANDS: Final = 1_000.0
#: Below this median an amount cannot be the price of a car.
_SMALL_MONEY: Final = 200.0
#: Columns whose amounts are prices of whole cars.
_CAR_MONEY: Final = (
    "price", "reserve", "list_price", "opening_bid", "high_bid", "guide_value", "loan_balance",
)  # fmt: skip
#: Words of headers under which grades count as at school: 1 is the best.
_MARKS: Final = ("note", "zustand")
#: Above this median a distance in miles would be that of cars near their end.
_MANY_MILES: Final = 100_000.0

Scale = tuple[str | None, float, str]


def scale_of(ours: str, evidence: Evidence, country: Country, table: str) -> Scale:
    """Return the unit of a column.

    Parameters
    ----------
    ours : str
        Our name of the column.
    evidence : Evidence
        Its values.
    country : Country
        Whose habits the file follows.
    table : str
        Our name of the table: parts are no cars.

    Returns
    -------
    unit : str or None
        None where it is ours, or where the column has none.
    certainty : float
        From 0 to 1; the mapping is no surer than its unit.
    why : str
        What speaks for it; empty where nothing has to be said.
    """
    quantity = QUANTITIES.get(ours)
    if evidence.numbers.is_empty() or quantity is None:
        return None, 1.0, ""
    if quantity == "distance":
        return _distance(evidence, country)
    if quantity == "grade":
        return _grade(evidence, country)
    if quantity == "money" and ours in _CAR_MONEY and table != "parts":
        return _money(evidence, country)
    if quantity == "share":
        high = float(evidence.numbers.quantile(0.99) or 0.0)
        if high > 2.0:
            return "percent", 0.8, "above 1, so percent"
    return None, 1.0, ""


def _distance(evidence: Evidence, country: Country) -> Scale:
    header, raw = plain(evidence.header), evidence.header.casefold()
    middle = evidence.middle
    miles = "mile" in header.replace("mileage", "") or header.endswith("mi")
    metric = "km" in header or "kilom" in header or "公里" in raw
    told = f"median {middle:,.6g}"
    if "万" in raw or (middle < _TEN_THOUSANDS and country.code == "CN"):
        return "10k_km", 0.95, f"values look like 10k km ({told})"
    if middle < _THOUSANDS:
        unit = "1k_mi" if miles or country.code in MILES else "1k_km"
        return unit, 0.5, f"values look like thousands ({told})"
    if metric:
        return None, 1.0, f"in km by its name ({told})"
    if miles:
        return "miles", 1.0, f"in miles by its name ({told})"
    if country.code in MILES and middle > _MANY_MILES:
        return "miles", 0.5, f"miles because of {country.why}, or km? many for miles ({told})"
    if country.code in MILES:
        return "miles", 0.8, f"miles, because of {country.why} ({told})"
    if country.code:
        return None, 0.9, f"km, because of {country.why} ({told})"
    return None, 0.6, f"taken as km, nothing tells ({told})"


def _grade(evidence: Evidence, country: Country) -> Scale:
    low, high = (float(evidence.numbers.quantile(q) or 0.0) for q in (0.01, 0.99))
    header = plain(evidence.header)
    if high <= 6.0 and (country.code == "DE" or any(word in header for word in _MARKS)):
        return None, 0.5, "1 may be the best grade, where 5 is wanted: turn them round if so"
    if low >= 1.0 and high <= 5.0:
        return None, 1.0, "grades from 1 to 5"
    if low >= 1.0 and high <= 50.0:
        mixed = " and up to 5" if low < 10.0 else ""
        return "ten_fold", 0.9, f"grades from 10 to 50{mixed}"
    return None, 0.3, f"from {low:,.6g} to {high:,.6g}, where 1 to 5 is wanted"


def _money(evidence: Evidence, country: Country) -> Scale:
    middle = evidence.middle
    told = f"median {middle:,.6g}"
    if "万" in evidence.header or (middle < _SMALL_MONEY and country.code == "CN"):
        return "10k", 0.95, f"values look like 10k CNY ({told})"
    if 0.0 < middle < _SMALL_MONEY:
        return None, 0.6, f"small for prices of cars: state the unit if it is thousands ({told})"
    return None, 1.0, told
