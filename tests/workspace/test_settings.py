"""``disposal.toml``: every fault with its setting, and the defaults by name."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from auction.allocation import constraints as allocation_limits
from auction.workspace import (
    check_workspace,
    defaults_used,
    json_schema,
    load_workspace,
    parse_config,
    value_priors,
)
from auction.workspace.config import LIMITED, AuctionRules
from residual.errors import InputError

HEAD = b'as_of = 2015-01-25\ncurrency = "USD"\n'
TABLES = b'[tables.vehicles]\nfile = "v.csv"\n[tables.sales]\nfile = "s.csv"\n'


def faults(text: bytes) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_config(text)
    return [str(fault) for fault in caught.value.faults]


def test_the_smallest_file():
    config = parse_config(HEAD + TABLES)
    assert config.as_of == date(2015, 1, 25)
    assert config.seed == 7
    assert list(config.tables.given()) == ["vehicles", "sales"]
    with pytest.raises(ValidationError, match="frozen"):
        config.seed = 8


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (b"[cost]\n", "column cost: is not a setting (did you mean 'costs'?)"),
        (
            b"[costs]\nholding_per_dy = 3\n",
            "column costs.holding_per_dy: is not a setting (did you mean 'holding_per_day'?)",
        ),
        (
            b'[[limits]]\nby = "model"\nmax_shar = 0.2\nmax_units = 1\n',
            "column limits[1].max_shar: is not a setting (did you mean 'max_share'?)",
        ),
        (
            b'[tables.venue]\nfile = "x.csv"\n',
            "column tables.venue: is not a setting (did you mean 'venues'?)",
        ),
        (
            b'[tables.venues]\nfil = "x.csv"\nfile = "v.csv"\n',
            "column tables.venues.fil: is not a setting (did you mean 'file'?)",
        ),
        (b"[tables.venues]\n", "column tables.venues.file: is required (set it)"),
        (
            b"[costs]\nholding_per_day = -1\n",
            (
                "column costs.holding_per_day, value '-1': must be greater than or equal to 0 "
                "(mend the value)"
            ),
        ),
        (
            b"[costs]\ndiscount_rate = nan\n",
            "column costs.discount_rate, value 'nan': must be a finite number (mend the value)",
        ),
        (
            b"[risk]\nalpha = 1.0\n",
            "column risk.alpha, value '1.0': must be less than 1 (mend the value)",
        ),
        (
            b'[[limits]]\nby = "model"\n',
            (
                "column limits[1]: one of max_share, max_units and max_exposure must be given "
                "(mend the value)"
            ),
        ),
        (
            b"[[cash]]\nby = 2026-07-01\namount = -5\n",
            (
                "column cash[1].amount, value '-5': must be greater than or equal to 0 "
                "(mend the value)"
            ),
        ),
        (
            b'[[limits]]\nby = "venue"\nmax_exposure = 5\n',
            "column limits[1]: max_exposure is by counterparty alone (mend the value)",
        ),
        (
            b"[risk]\nfloor = inf\n",
            "column risk.floor, value 'inf': must be a finite number (mend the value)",
        ),
        (
            b'[[limits]]\nby = "modell"\nmax_units = 1\n',
            (
                "column limits[1].by, value 'modell': 'modell' is none of channel, venue, event, "
                "week, segment, make, model, offer, hedge, counterparty (mend the value)"
            ),
        ),
        (
            b'[[limits]]\nby = "segment_week"\ngroup = "suv"\nmax_units = 1\n',
            "column limits[1]: group must hold one value for each of segment_week (mend the value)",
        ),
        (
            b"[priors]\nbidder_spread_shar = 0.5\n",
            (
                "column priors.bidder_spread_shar: is not a setting "
                "(did you mean 'bidder_spread_share'?)"
            ),
        ),
        (
            b"[priors]\nbidder_spread_share = 1.5\n",
            (
                "column priors.bidder_spread_share, value '1.5': "
                "bidder_spread_share must lie in [0, 1) (mend the value)"
            ),
        ),
        (
            b"[priors]\nminimum_group_rows = 1.5\n",
            (
                "column priors.minimum_group_rows, value '1.5': must be a whole number "
                "(mend the value)"
            ),
        ),
        (
            b'[priors]\nstudent_dof = "many"\n',
            (
                "column priors.student_dof, value 'many': must be of the kind of its default 5.0 "
                "(mend the value)"
            ),
        ),
        (
            b'[tables.parts]\nfile = "p.csv"\n',
            (
                "column dismantling.jurisdiction: is required where a parts table is given "
                "(set it to 'CN', 'EU' or 'US')"
            ),
        ),
    ],
)
def test_one_fault(more, told):
    assert faults(HEAD + TABLES + more) == [f"disposal.toml, {told}"]


def test_all_faults_at_once():
    assert faults(b"[solver]\nseconds = 0\n[risk]\nweigth = 0.3\n") == [
        "disposal.toml, column as_of: is required (set it)",
        "disposal.toml, column currency: is required (set it)",
        "disposal.toml, column tables: is required (set it)",
        "disposal.toml, column risk.weigth: is not a setting (did you mean 'weight'?)",
        "disposal.toml, column solver.seconds, value '0': must be greater than 0 (mend the value)",
    ]


def test_broken_toml_tells_the_line():
    (told,) = faults(HEAD + b"seed 7\n")
    assert told == (
        "disposal.toml: is not TOML: Expected '=' after a key in a key/value pair "
        "(at line 3, column 6) (mend the line)"
    )


def test_other_bytes_tell_the_line():
    assert faults(HEAD + b'title = "\xff"\n') == [
        "disposal.toml: line 3 is not UTF-8 (save the file as UTF-8)"
    ]


def test_dollar_defaults_are_not_taken_for_another_currency():
    head = HEAD.replace(b"USD", b"CNY")
    assert faults(head + TABLES) == [
        f"disposal.toml, column costs.{name}: has a default in US dollars, but the currency is CNY "
        "(set it, or set costs.currency_per_dollar)"
        for name in ("holding_per_day", "transport_rate", "local_transport")
    ]
    config = parse_config(
        head + TABLES + b"[costs]\ncurrency_per_dollar = 7\nlocal_transport = 99\n"
    )
    assert config.costs.holding_per_day == 70.0
    assert config.costs.transport_rate == pytest.approx(7 * 7.17)
    assert config.costs.local_transport == 99.0
    used = {used.setting: used for used in defaults_used(config)}
    assert used["costs.holding_per_day"].value == 70.0
    assert used["costs.holding_per_day"].source == (
        "seller's carrying cost of $8-12 a day (2001), middle taken; times 7 CNY per US dollar"
    )
    assert "costs.local_transport" not in used


def test_defaults_used_are_those_not_set():
    bare = parse_config(HEAD + TABLES)
    names = [used.setting for used in defaults_used(bare)]
    assert "costs.holding_per_day" in names
    # Without events the fallback and the reoffers still price what is kept back.
    # Where prices are not said to fall with volume, nothing is assumed of how they do.
    asked = set(AuctionRules.model_fields) - {"volume_elasticity"}
    assert {f"auction.{name}" for name in asked} <= set(names)
    assert not [name for name in names if name.startswith("dismantling.")]
    assert all(used.source for used in defaults_used(bare))
    more = b"[costs]\nholding_per_day = 10.0\n[priors]\nstudent_dof = 6\n"
    more += b'[tables.events]\nfile = "e.csv"\n'
    again = [used.setting for used in defaults_used(parse_config(HEAD + TABLES + more))]
    assert set(names) - set(again) == {"costs.holding_per_day", "priors.student_dof"}
    assert set(again) <= set(names)


def test_limits_are_those_of_the_allocation():
    for by in LIMITED:
        text = f'[[limits]]\nby = "{by}"\nmax_units = 1\n'.encode()
        (limit,) = parse_config(HEAD + TABLES + text).limits
        assert allocation_limits.Limit(by=limit.by, max_units=limit.max_units).units(9) == 1
    more = b'[[limits]]\nby = "venue_id_week"\ngroup = ["A1", 3]\nmax_share = 0.2\n'
    (limit,) = parse_config(HEAD + TABLES + more).limits
    assert (limit.by, limit.group) == ("venue_week", ("A1", 3))


def test_priors_go_over_to_the_value_model():
    config = parse_config(
        HEAD + TABLES + b'[priors]\nstudent_dof = 6\nminimum_group_rows = 50\nunadjusted = ["a"]\n'
    )
    priors = value_priors(config)
    assert priors.student_dof == 6.0
    assert priors.minimum_group_rows == 50
    assert isinstance(priors.minimum_group_rows, int)
    assert priors.unadjusted == ("a",)


def test_every_setting_is_described_and_every_default_has_a_source():
    schema = json_schema()
    for name, section in schema["$defs"].items():
        for setting, field in section["properties"].items():
            assert field.get("description"), f"{name}.{setting}"
            if field.get("default") not in (None, {}, [], "") and name not in (
                "TableSource",
                "Reading",
                "Report",
                "Stress",
            ):
                assert field["source"], f"{name}.{setting}"


def test_a_workspace_with_bad_settings_is_reported_and_not_read(build):
    report = check_workspace(build(settings='as_of = 2015-01-25\ncurrency = "usd"\n'))
    assert [str(fault) for fault in report.faults] == [
        (
            "disposal.toml, column currency, value 'usd': must be a code of ISO 4217 "
            "(give three capitals, such as USD or CNY)"
        )
    ]
    assert (report.counts, report.rejected, report.defaults) == ({}, {}, ())


def test_a_folder_without_settings(tmp_path):
    with pytest.raises(InputError) as caught:
        load_workspace(tmp_path)
    assert str(caught.value) == (
        "disposal.toml: cannot be read: No such file or directory (see to its name and rights)"
    )
