"""The files of a run in Markdown, their columns as the package itself tells them."""

from __future__ import annotations

from collections.abc import Iterator

from markdown import cell, code, sentence, table

from auction.run.columns import OUTPUT_COLUMNS

#: What each file of a run is for. A name that ends in a slash is a folder.
FILES = {
    "report.html": "the report that a person reads; one file, which works offline",
    "run_lists.xlsx": "the run lists that the desk mails out, one sheet for each sale: lots in "
    "their order with reserve and start price",
    "assignments.parquet": "the plan: one row for every vehicle of the fleet",
    "assignments.xlsx": "the same as a workbook; text is never taken for a formula",
    "policy.parquet": "the reserve policy: a row for every vehicle at auction and every run",
    "alternatives.parquet": "the options considered for each vehicle, best first",
    "offered.parquet": "how every option that a vehicle had stands, in short",
    "effects.parquet": "each vehicle's value as a product of effects",
    "parts_plan.parquet": "the parts to take off every vehicle that goes to a dismantler, in an "
    "order of removal, with labour, profit and where the law lets them go",
    "hedges.parquet": "every hedge on offer, with what the plan takes of it",
    "shadow_prices.parquet": "what one more unit of each scarce thing would bring",
    "capacity.parquet": "the slots of each venue and week against what the plan offers there",
    "stress.parquet": "what the plan would bring in each stress, by channel and with its hedges",
    "outcomes.parquet": "the fleet's proceeds on fresh scenarios, the plan beside the habits",
    "inspections.parquet": "what it is worth to inspect each vehicle before deciding, best first; "
    "there only where the settings give the cost of an inspection",
    "frontier.parquet": "what more or less caution would bring",
    "calibration.parquet": "how past forecasts of the model did against what sales brought",
    "market.parquet": "the market's level in the past and as forecast",
    "card_curves.parquet": "the model card: how value falls with age, odometer and grade",
    "card_kinds.parquet": "the model card: how far each kind of effect moves vehicles apart",
    "card_effects.parquet": "the model card: makes, models, regions and so on that stand out",
    "card_drift.parquet": "the model card: prices against their forecasts, week by week",
    "risk.json": "money and risk of the plan and of the habits, on the optimiser's scenarios and "
    "on fresh ones",
    "manifest.json": "what went in and what it was made with: the hash of every input, settings, "
    "defaults used, seed, versions, solver status, bound and gap, timings, run id, and the hash "
    "of every other file of the run",
    "rejected/": "the rows that were set aside, one CSV a table, each with the rule it breaks and "
    "its remedy; there only where a row was set aside",
}


def all_outputs() -> str:
    """Return the list of files, then a section for every table with its columns."""
    listed = table(
        ("file", "what it holds"), ((code(name), cell(text)) for name, text in FILES.items())
    )
    return listed + "\n" + "\n".join(part for name in OUTPUT_COLUMNS for part in _section(name))


def _section(name: str) -> Iterator[str]:
    file = name if "." in name else f"{name}.parquet"
    yield f"(output-{name.split('.')[0]})=\n## {code(file)}\n"
    yield sentence(cell(FILES[file])) + "\n"
    yield table(
        ("column", "type", "unit", "meaning"),
        (
            (code(column), cell(told.type), cell(told.unit), cell(sentence(told.meaning)))
            for column, told in OUTPUT_COLUMNS[name].items()
        ),
    )
