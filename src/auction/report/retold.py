"""What others said in English, said in the language of the report.

The value model, the search and the reading of files leave sentences in a run. Each is known
here by its shape, a text with named gaps; what fills the gaps is kept, dates are written anew.
A sentence of another shape stands as it was said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Final

from auction.reasons import REASONS
from auction.report.language import _, mark
from auction.report.wording import channel_name, day, listed, money, small_share

_ENDS: Final = (
    mark("bound and plan meet"),
    mark("within the gap of %(gap)s"),
    mark("the time limit of %(seconds)s s was reached"),
    mark("the work limit of %(count)s was reached"),
    mark("the precision of the solvers is reached; the gap asked for is finer"),
    mark("stopped by the user"),
)

#: What a limit counts apart, and what rows refer to.
_PROPERTIES: Final = {
    "channel": mark("channel"),
    "venue": mark("venue"),
    "event": mark("event"),
    "week": mark("week"),
    "segment": mark("segment"),
    "make": mark("make"),
    "model": mark("model"),
    "offer": mark("offer"),
    "sale": mark("sale"),
    "vehicle": mark("vehicle"),
    "hedge": mark("hedge"),
    "counterparty": mark("counterparty"),
}

_RULES: Final = (
    mark("%(venue)s on %(day)s"),
    mark("%(venue)s, %(count)s sales from %(day)s with re-runs"),
    mark("lane %(start)s to %(end)s, week %(week)s"),
    mark("%(venue)s, week %(week)s"),
    mark("cash by %(day)s of %(amount)s: %(reached)s is reached"),
    mark("cash by %(day)s"),
    mark("CVaR at %(alpha)s of at least %(amount)s: %(reached)s is reached"),
    mark("CVaR at %(alpha)s of at least %(amount)s"),
    mark("at most %(count)s units of %(group)s"),
    mark("at most %(count)s vehicles held back"),
    mark("at most %(amount)s owed by %(name)s"),
    mark("offer %(offer)s"),
    mark("package %(package)s"),
    mark("work %(work)s"),
    mark("%(event)s: units of %(name)s"),
    mark("parts of any vehicle: %(part)s"),
    mark("parts of %(owner)s: %(part)s"),
    mark("lots of %(hedge)s"),
    mark("floor %(hedge)s"),
)

_NOTES: Final = (
    mark("title_status unknown for %(count)s of the vehicles planned: their titles are taken as "
         "clear"),
    mark("condition_grade unknown for %(count)s of the vehicles planned: a typical condition of "
         "such vehicles is taken"),
    mark("odometer unknown for %(count)s of the vehicles planned: a typical reading of their age "
         "is taken"),
    mark("no place takes any of these vehicles: all are kept back; look at venues, events, offers"),
    mark("auctions whose bidders no sale counts and no row states, so that %(number)s on a lot are "
         "assumed: %(names)s"),
    mark("auctions without an event within the horizon, where nothing can be sold: %(names)s"),
    mark("dealers without an offer, to whom nothing can be sold: %(names)s"),
    mark("dismantlers without a parts list, where nothing is taken apart: %(names)s"),
    mark("offers that cover no vehicle within their dates: %(names)s"),
    mark("reconditioning that no vehicle is better off for: %(names)s"),
    mark("how prices fall where many alike are offered is not identified by past offerings: an "
         "elasticity of %(elasticity)s rests on the prior"),
    mark("prices fall with the number of own lots of a model at a sale: elasticity %(elasticity)s; "
         "the offerings alone say %(estimate)s, error %(error)s"),
    mark("begun from the plan of %(day)s: %(kept)s vehicles kept, %(moved)s moved at a cost of "
         "%(cost)s, %(gone)s whose place is gone, %(held)s held back then, %(new)s new, %(left)s "
         "gone themselves"),
    mark("vehicles that may be redeemed before their sale: %(count)s; %(number)s of them are "
         "expected to be"),
    mark("only one sale to learn from"),
    mark("only %(count)s sales to learn from"),
    mark("the newest sale is of %(newest)s, %(count)s days before %(day)s"),
    mark("no sale between %(earlier)s and %(later)s, %(count)s days apart"),
    mark("too few sales or dates to calibrate the spread out of sample"),
    mark("sales set aside as their prices lie more than a million times off the middle one: "
         "%(count)s"),
    mark("all sales fetched the same price: the spread is the least they can prove"),
    mark("all sales are of one day: how the market moves is assumed"),
    mark("all sales are of one make: what other makes are worth is not known"),
    mark("no sale tells an odometer reading that can be believed: values ignore it"),
    mark("no sale tells a condition grade: values ignore it"),
    mark("sales that name no make or no model: %(count)s"),
    mark("sales dated a year or more before the unit was first registered: %(count)s"),
    mark("%(stage)s appraisals: error %(error)s, bias %(bias)s, told by %(count)s that a sale "
         "followed"),
    mark("%(stage)s appraisals: an error of %(error)s is assumed"),
    mark("first asking prices set aside as no number above zero or a factor of %(factor)s off the "
         "forecast: %(count)s"),
)  # fmt: skip

_FORECASTS: Final = (
    mark("%(series)s: damped growth, sd %(soon)s next month and %(later)s in the long run"),
    mark("%(series)s: damped growth and season, sd %(soon)s next month and %(later)s in the long "
         "run"),
    mark("random walk, %(sd)s a month (prior; %(series)s is too short)"),
    mark("random walk, %(sd)s a month (prior)"),
    mark("random walk, %(sd)s a month as the sales show it"),
    mark("random walk, %(sd)s a month"),
)  # fmt: skip

_MODEL: Final = (
    mark("residual model as of %(day)s"),
    mark("rows by as_of: %(count)s"),
    mark("not sold: %(count)s"),
    mark("prices beyond belief: %(count)s"),
    mark("sales used: %(count)s"),
    mark("spread of effects: make %(make)s, model %(model)s, variant %(variant)s"),
    mark("market: %(forecast)s; sd of today's level %(sd)s"),
    mark("bidders: share %(share)s of the spread is assumed, as there are %(missing)s"),
    mark(
        "bidders: share %(share)s of the spread, error %(error)s, hardly told by the lots; "
        "%(number)s a lot"
    ),
    mark("bidders: share %(share)s of the spread, error %(error)s; %(number)s a lot"),
    mark(
        "bidding told by %(lots)s first offerings: %(unsold)s unsold, %(held)s sold at the "
        "reserve, %(counted)s with bidders counted"
    ),
    mark(
        "values: %(shift)s scales below sold hammers, error %(error)s; sellers know %(known)s of "
        "a unit's own shock"
    ),
    mark(
        "lots that draw more bidders: values %(rise)s scales higher per e-fold, error %(error)s; "
        "the share leaves that out"
    ),
    mark("the search for the bidding that fits best did not end"),
    mark("scrap: %(forecast)s"),
    mark("guide: not used"),
    mark("guide: boosted trees tell how prices lie to it"),
    mark("guide: all %(all)s, body %(body)s, make %(make)s, model %(model)s, variant %(variant)s"),
)

#: What sales may have too little of to tell how bidders split a hammer.
_MISSING: Final = (
    mark("no reserves and no numbers of bidders"),
    mark("too few first offerings at auctions"),
    mark("sold lots alone, or no reserves beside no-sales"),
    mark("hardly a lot that sold above its reserve"),
    mark("too few lots with a reserve and no-sales among them, or with bidders counted"),
)

#: Names that stand for days.
_DAYS: Final = ("day", "until", "newest", "earlier", "later")

#: Legal bars that desks know by these names; any other stands as its owner calls it.
_HOLDS: Final = {
    "police": mark("police"),
    "litigation": mark("litigation"),
    "court": mark("court"),
    "tax": mark("tax"),
    "redemption": mark("redemption"),
}


def reason(code: str | None, values: str | None) -> str:
    """Say why a vehicle goes where it goes.

    Parameters
    ----------
    code, values : str or None
        As in the columns ``reason_code`` and ``reason_values``; see :mod:`auction.reasons`.
    """
    if code is None:
        return _("no reason given")
    figures = json.loads(values or "{}")
    return _(REASONS[code], **{name: _figure(name, value) for name, value in figures.items()})


def bar(kind: str) -> str:
    """Return the kind of a legal bar."""
    return _(_HOLDS[kind]) if kind in _HOLDS else kind


def ended_because(text: str) -> str:
    """Say why the search ended."""
    return retold(text, _ENDS)


def model_line(text: str) -> str:
    """Say a line of the value model's summary, or of what was assumed for it."""
    return retold(text, (*_MODEL, *_NOTES))


def rule_words(label: str) -> str:
    """Say a rule or a capacity."""
    return retold(label, _RULES)


def broken_words(text: str) -> str:
    """Say a rule that is broken; its kind, which stands before it, goes without saying."""
    _kind, _space, label = text.partition(" ")
    plain = any(_pattern(shape).fullmatch(label) for shape in _RULES)
    return rule_words(label if plain else text)


def group_words(by: str, group: str) -> str:
    """Say the one group that a limit means, as venue DAL."""
    if by == "channel":
        group = channel_name(group).lower()
    return _("%(property)s %(group)s", property=property_words(by), group=group)


def property_words(by: str) -> str:
    """Say what a limit counts apart: segment_week as segment and week."""
    return listed([_(_PROPERTIES.get(part, part)) for part in by.split("_")])


def retold(text: str, shapes: Iterable[str]) -> str:
    """Say a text in the language in use by the first shape that fits it."""
    for shape in shapes:
        found = _pattern(shape).fullmatch(text)
        if found is not None:
            values = found.groupdict()
            return _(shape, **{name: _written(name, value) for name, value in values.items()})
    return text


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", shape.replace("%%", "%"))
    written = [
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    ]
    return re.compile("".join(written), flags=re.DOTALL)


def _written(name: str, value: str) -> str:
    if name == "forecast":
        return retold(value, _FORECASTS)
    if name == "missing":
        return retold(value, _MISSING)
    if name == "group":
        by, _space, group = value.partition(" ")
        while group.startswith("and "):
            more, _space, group = group.removeprefix("and ").partition(" ")
            by = f"{by}_{more}"
        return group_words(by, group)
    if name == "count" and value.isdecimal():
        return money(int(value))
    return _figure(name, value)


def _figure(name: str, value: str | float) -> str:
    if not isinstance(value, str):
        return money(value)
    if name == "kind":
        return bar(value)
    if name == "gap":
        return small_share(float(value))
    if name == "thing":
        return _(_PROPERTIES.get(value, value))
    if name in _DAYS and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return day(date.fromisoformat(value))
    return value
