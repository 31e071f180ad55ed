"""What is said of rows of the input, said in the language of the report."""

from __future__ import annotations

import re
from typing import Final

from auction.report.language import mark, ngettext, verbatim
from auction.report.retold import model_line, retold

#: Why a row of a file was set aside or left out, and how to mend it. What the rules of the
#: tables say of themselves is gathered from there.
_FAULTS: Final = (
    mark("must be at least %(limit)s"),
    mark("must be at most %(limit)s"),
    mark("must be above %(limit)s"),
    mark("must be below %(limit)s"),
    mark("must be one of %(names)s"),
    mark("use one of these words, or map yours under values"),
    mark("mend the value or its unit"),
    mark("must be a finite number"),
    mark("leave it empty if it is not known"),
    mark("is required"),
    mark("fill it in"),
    mark("mend the row"),
    mark("must not be after %(column)s"),
    mark("mend the date"),
    mark("must not be more than one year ahead of %(column)s"),
    mark("mend the year"),
    mark("must be a date written as %(format)s"),
    mark("mend the date or set date_format"),
    mark("must not lie before the year %(year)s"),
    mark("write the year in four digits"),
    mark("must be a whole number"),
    mark("must be a number"),
    mark("write it with digits and a decimal point alone"),
    mark("must be of type %(type)s"),
    mark("mend the value"),
    mark("must not lie before offered_on nor after closed_on of its sale"),
    mark("mend the date or the sale_id"),
    mark("its %(thing)s was set aside"),
    mark("its %(thing)s is left out"),
    mark("mend the %(thing)s in %(file)s"),
    mark("blank"),
    mark("is read as not known: no odometer of a car shows it"),
    mark("leave it empty, or mend the value or its unit"),
    mark("a VIN has 17 characters"),
    mark("a VIN holds no letter I, O or Q"),
    mark("a VIN holds only letters A to Z and digits"),
    mark("copy it anew, or leave it empty"),
    mark("write 1 for I, 0 for O and Q"),
    mark("the check digit, the ninth character, does not fit the others"),
    mark("compare it with the papers"),
    mark("the VIN stands already in row %(row)s"),
    mark("see whether the unit is listed twice"),
    mark("the tenth character of the VIN stands for another model year"),
    mark("compare year and VIN with the papers"),
    mark("the VIN says %(maker)s"),
    mark("compare make and VIN with the papers"),
    mark("the postcode lies in region %(region)s"),
    mark("mend the region, the postcode or the table places"),
    mark("stands %(km)s km from the nearest place"),
    mark("mend lat and lon, or add a place"),
    mark("stands %(km)s km from the nearest place of %(region)s"),
    mark("mend lat and lon (their signs, their order) or the region"),
    mark("no key of the table places begins this postcode"),
    mark("add it to places, or give the region"),
    mark("there is no table of places to look it up in"),
    mark("add [tables.places] or give the region"),
    mark("no place or venue with region and coordinates is near"),
    mark("add coordinates to places or venues, or give the region"),
    mark("one of region, postcode and coordinates is required"),
    mark("say where it stands"),
    mark("must be in %(currency)s, the one currency of the workspace"),
    mark("convert the amounts beforehand"),
)

_WARNING: Final = re.compile(
    r"(?P<file>[^,]+), (?P<column>[^:]*): (?P<fault>.+) \((?P<count>[\d,]+) rows?\)", re.DOTALL
)


def fault_words(text: str) -> str:
    """Say why rows were set aside or left out, or how to mend them."""
    told = verbatim(text)
    return retold(text, _FAULTS) if told == text else told


def note(text: str) -> str:
    """Say what the desk should know before it trusts the plan."""
    found = _WARNING.fullmatch(text)
    if found is None:
        return model_line(text)
    return ngettext(
        "%(file)s, %(column)s: %(fault)s (%(num)s row)",
        "%(file)s, %(column)s: %(fault)s (%(num)s rows)",
        int(found["count"].replace(",", "")),
        file=found["file"],
        column=found["column"],
        fault=fault_words(found["fault"]),
    )
