"""A small workspace on disk that a test can bend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SETTINGS = """\
as_of = 2015-01-25
currency = "USD"
"""

FILES = {
    "vehicles": """\
vehicle_id,make,model,model_year,odometer,condition_grade,region
V1,Toyota,Camry,2012,50000,3.5,TX
V2,Honda,Odyssey,2011,80000,2.0,TX
""",
    "sales": """\
sale_id,offered_on,make,model,model_year,odometer,condition_grade,channel,price
S1,2014-03-01,Toyota,Camry,2012,40000,3.5,auction,11000
S2,2014-06-01,Honda,Odyssey,2011,70000,2.5,auction,9000
S3,2014-09-01,Honda,Odyssey,2011,70000,2.5,auction,8800
""",
    "places": "postcode,region,lat,lon\n752,TX,32.78,-96.80\n",
    "venues": """\
venue_id,channel,region,fee_sale,fee_rate,fee_no_sale,tax_rate,settlement_days,entry_days,display_days
A1,auction,TX,200,0.01,50,0,7,2,1
D1,dealer,TX,0,0,0,0,7,0,0
""",
    "fees": "venue_id,charged_on,above,fee\nA1,sale,0,100\nA1,sale,5000,250\n",
    "events": """\
event_id,venue_id,date,capacity
E1,A1,2015-02-03,10
""",
    "offers": """\
offer_id,venue_id,price,min_units,max_units,valid_from,valid_until
O1,D1,7000,0,2,2015-01-01,2015-03-01
""",
    "parts": """\
group,part,price,chance,labour_hours,needs,legal_class
*,door,100,0.5,0.5,,free
*,engine,900,0.4,3,door,five_assemblies
*,hulk,150,1,0,,scrap
""",
    "reconditioning": "reconditioning_id,cost,days,to_grade\nR1,300,5,4.5\n",
    "price_changes": "sale_id,date,price\nS1,2014-03-01,11000\n",
    "hedges": """\
hedge_id,kind,series,strike,expiry,premium,lot,limit,counterparty
H1,index_put,market,0.95,2015-06-30,300,100000,5,Bank
""",
    "index": """\
series,date,released_on,value
market,2014-11-01,2014-12-15,100
market,2014-12-01,2015-01-15,101
market,2015-01-01,2015-02-15,102
""",
    "tariffs": "from_region,to_region,cost,days\nTX,OK,150,2\n",
    "holds": "vehicle_id,kind,until\nV1,redemption,2015-02-10\n",
    "appraisals": "vehicle_id,stage,appraised_on,value,appraiser\nV1,desk,2015-01-10,9000,ann\n",
    "commitments": "what,vehicle_id,venue_id,reason\npromised,V1,A1,entered with the list\n",
    "overrides": "vehicle_id,action,venue_id,reason,who\nV2,ban,A1,sold badly there,desk\n",
}

Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write a workspace: tables by name, text by table in place of the usual, more settings."""

    def write(
        *names: str,
        settings: str = SETTINGS,
        more: str = "",
        sections: dict[str, str] | None = None,
        **texts: str,
    ) -> Path:
        given = [*dict.fromkeys(["vehicles", "sales", *names, *texts])]
        toml = settings
        for name in given:
            (tmp_path / f"{name}.csv").write_text(texts.get(name, FILES[name]), encoding="utf-8")
            extra = (sections or {}).get(name, "")
            toml += f'[tables.{name}]\nfile = "{name}.csv"\n{extra}\n'
        (tmp_path / "disposal.toml").write_text(toml + more, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def files() -> dict[str, str]:
    """Return the usual text of each table."""
    return dict(FILES)
