"""The columns of tables that tell of the value model: how it did, and what it makes of vehicles."""

from __future__ import annotations

from typing import Final

from auction.run.output_column import OutputColumn, count, date, flag, money, number, text

_CALIBRATION: Final = {
    "dimension": text(
        "what the sales are grouped by: all, group, grade, age, make, seller_kind, guide, price or "
        "ahead (weeks after the last sale that was learnt from)"
    ),
    "group": text("which group"),
    "joined": flag("whether it is what is left: groups too small, and sales without a word"),
    "sales": count("sales", "later sales that were foretold from earlier ones"),
    "first": date("first of these sales"),
    "last": date("last of these sales"),
    "price_low": money("least median foretold"),
    "price_high": money("greatest median foretold"),
    "median_error": number("share of price", "median error; above zero, forecasts were too high"),
    "median_absolute_error": number("share of price", "median size of the error"),
    **{
        name: told
        for level in (50, 80, 90)
        for name, told in (
            (
                f"inside_{level}",
                number("share", f"prices inside the central {level} % of the forecast"),
            ),
            (
                f"inside_{level}_error",
                number("share", "standard error of that share, sales of a week erring together"),
            ),
        )
    },
    "parts": OutputColumn(
        "list of counts", "sales", "prices in each twentieth of the forecast, the lowest first"
    ),
    "part_error": number(
        "share", "standard error of the share in a twentieth, sales of a week erring together"
    ),
    "later": flag("whether the forecasts of values and market knew earlier days alone"),
    "apart": flag(
        "whether the spread, and how much a guide counts, were told from other weeks than those "
        "they are judged on"
    ),
}
_MARKET: Final = {
    "date": date("day of the level"),
    "kind": text("past or forecast"),
    "level": number("index", "market level, 100 on the planning date; the median of a forecast"),
    "q05": number("index", "level that the forecast falls short of with chance 5 %"),
    "q25": number("index", "level that the forecast falls short of with chance 25 %"),
    "q75": number("index", "level that the forecast falls short of with chance 75 %"),
    "q95": number("index", "level that the forecast falls short of with chance 95 %"),
}
_CARD_CURVES: Final = {
    "curve": text(
        "what changes: age (the odometer at the typical reading of each age), standing (age "
        "alone), odometer or grade"
    ),
    "dimension": text("of which vehicles: all, make, or group (the kind of vehicle)"),
    "group": text("which of them"),
    "sales": count("sales", "past sales of such vehicles"),
    "at": number("years, km or grade", "age, reading or grade"),
    "value": money("median price foretold there, geometric mean over past vehicles"),
    "relative": number("share", "that against the youngest age, or the usual reading or grade"),
    "low": number("share", "price that 5 % of such vehicles fall short of, against the same"),
    "high": number("share", "price that 95 % of such vehicles fall short of, against the same"),
}
_CARD_KINDS: Final = {
    "effect": text("kind of effect, such as make, age or odometer"),
    "spread": number("log", "standard deviation of its log factor over past vehicles"),
    "low": number("factor", "factor that 5 % of them fall short of, its middle being 1"),
    "high": number("factor", "factor that 95 % of them fall short of, its middle being 1"),
}
_CARD_EFFECTS: Final = {
    "effect": text("kind of effect, such as make or region"),
    "level": text("which level of it, behind the make and model that it belongs to"),
    "sales": count("sales", "past sales of that level"),
    "factor": number("factor", "by which it multiplies the value"),
    "low": number("factor", "lower end of its 90 % interval"),
    "high": number("factor", "upper end of its 90 % interval"),
}
_CARD_DRIFT: Final = {
    "dimension": text("what the sales are grouped by: all, group, grade, age, make, seller_kind "
                       "or guide"),
    "group": text("which group"),
    "week": count("weeks", "week of the sales that were foretold, the first being 1"),
    "first": date("first day of that week"),
    "sales": count("sales", "sales of the week"),
    "price_error": number("share", "median of price over forecast, less 1"),
    "standardised": number("scores", "mean normal score of the prices in their forecasts"),
    "smoothed": number("scores", "its mean, with weights that fall by a quarter a week"),
    "smoothed_price_error": number("share", "the same as a share of the price"),
    "limit": number("scores", "what luck leaves of its size in all but 3 of 1,000 weeks"),
    "fan_limit": number("scores", "what luck and the stated error of the market level leave of "
                         "its size in 99 of 100 weeks"),
    "price_limit": number("share", "limit as a share of the price"),
    "price_fan_limit": number("share", "fan_limit as a share of the price"),
    "inside_90": number("share", "prices so far inside the central 90 % of their forecasts"),
    "inside_90_error": number("share", "standard error of that share"),
    "state": text("steady, moved (beyond luck) or drifted (beyond what the model held possible)"),
    "spread": text("kept, narrow or wide: whether inside_90 is within luck of 90 %"),
    "statement": text("the same in words"),
}  # fmt: skip

#: Columns of these tables, by the file name of the table without its ending.
OF_MODEL: Final[dict[str, dict[str, OutputColumn]]] = {
    "calibration": _CALIBRATION,
    "market": _MARKET,
    "card_curves": _CARD_CURVES,
    "card_kinds": _CARD_KINDS,
    "card_effects": _CARD_EFFECTS,
    "card_drift": _CARD_DRIFT,
}
