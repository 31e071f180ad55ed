"""What the rules over several columns ask, in words, and how to mend a row that breaks one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from residual.tables import RULE_WORDS as VALUE_RULE_WORDS


@dataclass(frozen=True, slots=True)
class RuleWords:
    """How a rule over several columns is told.

    Parameters
    ----------
    column : str
        The column to point at.
    remedy : str
        What to do about it.
    rule : str
        What is required, in words.
    """

    column: str
    remedy: str
    rule: str


#: The column to point at and the remedy for the rules of the value model's tables.
_VALUE_RULES: Final[dict[str, tuple[str, str]]] = {
    "age_known": ("model_year", "give one of the two"),
    "damage_known": ("damage", "use one of these words, or map yours under values"),
    "title_known": ("title_status", "use one of these words, or map yours under values"),
    "redemption_dated": ("redeemable_until", "give the last day on which it may be redeemed"),
    "redemption_paid": ("redemption_amount", "give what is paid when it is redeemed"),
    "channel_known": ("channel", "use one of these words, or map yours under values"),
    "outcome_known": ("outcome", "use one of these words, or map yours under values"),
    "price_when_sold": ("price", "give the hammer price or mend the outcome"),
    "closed_after_offered": ("closed_on", "put the two dates in order"),
    "released_after_date": ("released_on", "give the day on which the value became known"),
}

RULE_WORDS: Final[dict[str, RuleWords]] = {
    **{
        rule: RuleWords(*_VALUE_RULES.get(rule, ("", "")), rule=words)
        for rule, words in VALUE_RULE_WORDS.items()
    },
    "lat_with_lon": RuleWords(
        "lat", "give both coordinates or none", "lat and lon must be given together"
    ),
    "fee_bounds_in_order": RuleWords(
        "fee_least", "lower fee_least or raise fee_most", "must not be above fee_most"
    ),
    "price_xor_guide_rate": RuleWords(
        "price",
        "keep the one that the dealer offered",
        "exactly one of price and guide_rate must be given",
    ),
    "consignment_unpriced": RuleWords(
        "kind",
        "drop the price, or make it a standing offer",
        "a consignment states neither price nor guide_rate: its list price is chosen",
    ),
    "consignment_terms": RuleWords(
        "fee_rate",
        "give what the dealer keeps and how long a unit stays listed",
        "fee_rate and list_days are required for a consignment",
    ),
    "forward_terms": RuleWords(
        "market_rate",
        "give it for a forward, and leave it empty for every other kind",
        "market_rate is required for a forward, and means nothing for other kinds",
    ),
    "package_terms": RuleWords(
        "package_min_units",
        "give both, or leave both empty",
        "package and package_min_units must be given together",
    ),
    "package_counts": RuleWords(
        "min_units",
        "set it to 0: package_min_units counts the units of all offers of the package",
        "an offer of a package asks for no units of its own",
    ),
    "reconditioning_result": RuleWords(
        "to_grade",
        "give the grade or the damage afterwards, or both",
        "one of to_grade and to_damage must be given",
    ),
    "grades_in_order": RuleWords(
        "min_grade", "lower min_grade or raise max_grade", "must not be above max_grade"
    ),
    "grade_improves": RuleWords(
        "to_grade", "mend to_grade or min_grade", "must be above min_grade"
    ),
    "damage_improves": RuleWords(
        "to_damage", "mend to_damage or damage", "must be less than damage"
    ),
    "min_units_within_max": RuleWords(
        "min_units", "lower min_units or raise max_units", "must not be above max_units"
    ),
    "valid_period": RuleWords(
        "valid_until", "put the two dates in order", "must not be before valid_from"
    ),
    "fall_with_volume": RuleWords(
        "price_fall",
        "give both, or leave both empty",
        "market_units and price_fall must be given together",
    ),
    "not_for_sale_unpriced": RuleWords(
        "price",
        "set it to 0, or mend the legal_class",
        "a part that nobody may sell has no price",
    ),
    "coverage_complete": RuleWords(
        "coverage",
        "give both, or leave both empty",
        "coverage_by and coverage must be given together",
    ),
    "layer_pays": RuleWords(
        "limit", "give the money that it makes good at most", "must be above 0 for a layer"
    ),
    "layer_terms": RuleWords(
        "kind",
        "leave share, coverage_by and menu empty, or mend kind",
        "share, coverage_by and menu are for stop_loss and quota_share",
    ),
    "insurance_terms": RuleWords(
        "kind",
        "leave insured_on, deductible, max_payout and min_grade empty, or mend kind",
        "insured_on, deductible, max_payout and min_grade are for insurance",
    ),
    "index_put_expires": RuleWords("expiry", "give the expiry", "is required for an index_put"),
    "value_xor_grade": RuleWords(
        "value", "keep the one that was stated", "exactly one of value and grade must be given"
    ),
    "commitment_of_vehicle": RuleWords(
        "vehicle_id",
        "name the vehicle, and its venue_id, event_id or, where it is promised, offer_id",
        "what was dispatched or promised must name a vehicle and where it goes",
    ),
    "commitment_of_units": RuleWords(
        "units",
        "name the offer, the event or the hedge, and how many units",
        "promised units need an offer_id, slots taken an event_id, hedges bought a hedge_id, "
        "each with units",
    ),
    "override_target": RuleWords(
        "venue_id",
        "say where the vehicle is pinned to or banned from",
        "one of venue_id, channel and event_id must be given",
    ),
}
