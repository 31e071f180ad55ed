"""Makes, models and variants with their price when new, and how many of each one meets.

A model line reads: model | body | segment | launch year | price new, thousand USD | popularity |
variants. A variant reads name:price factor[:powertrain]; without a powertrain it is petrol.
"""

from __future__ import annotations

import polars as pl

from sample_fleet.seeds import stream

MODELS = {
    "Toyota": """
Corolla|sedan|small car|2008|22.5|10|L:0.94,LE:1.0,SE:1.07,Hybrid LE:1.08:hybrid
Camry|sedan|mid car|2008|28.5|13|LE:1.0,SE:1.05,XLE:1.16,Hybrid SE:1.14:hybrid
Prius|hatchback|small car|2010|29.0|4|Two:0.95:hybrid,Three:1.04:hybrid,Four:1.14:hybrid
RAV4|suv|small suv|2010|30.0|11|LE:0.96,XLE:1.03,Limited:1.2,Hybrid XLE:1.13:hybrid
Highlander|suv|large suv|2010|40.5|5|LE:0.94,XLE:1.05,Limited:1.2
Tacoma|pickup|pickup|2009|33.5|6|SR:0.9,SR5:1.0,TRD Sport:1.16""",
    "Honda": """
Civic|sedan|small car|2008|24.0|11|LX:0.95,EX:1.05,Touring:1.2
Accord|sedan|mid car|2008|29.0|10|LX:0.95,Sport:1.05,EX-L:1.15,Hybrid:1.14:hybrid
CR-V|suv|small suv|2010|31.0|10|LX:0.95,EX:1.04,Touring:1.2
Odyssey|minivan|van|2009|38.5|5|LX:0.9,EX-L:1.03,Touring:1.17""",
    "Ford": """
F-150|pickup|pickup|2009|46.5|15|XL:0.8,XLT:0.97,Lariat:1.24,Lariat Diesel:1.32:diesel
Escape|suv|small suv|2010|29.5|9|S:0.92,SE:1.0,Titanium:1.22
Explorer|suv|large suv|2011|42.0|8|Base:0.9,XLT:1.0,Limited:1.2
Mustang|coupe|mid car|2009|35.5|4|EcoBoost:0.88,GT:1.22
Transit|van|van|2015|46.0|4|Cargo 150:0.95,Cargo 250:1.03,Cargo 250 Diesel:1.14:diesel
Mustang Mach-E|suv|electric|2021|47.0|4|Select:0.9:electric,Premium:1.08:electric""",
    "Chevrolet": """
Silverado 1500|pickup|pickup|2009|45.0|12|WT:0.82,LT:1.0,LTZ:1.25,LT Diesel:1.1:diesel
Equinox|suv|small suv|2010|28.5|9|LS:0.93,LT:1.02,Premier:1.2
Malibu|sedan|mid car|2009|26.0|8|LS:0.93,LT:1.02,Premier:1.22
Tahoe|suv|large suv|2010|62.0|5|LS:0.9,LT:1.03,Premier:1.25
Bolt EV|hatchback|electric|2017|32.0|4|LT:0.95:electric,Premier:1.1:electric""",
    "Nissan": """
Versa|sedan|small car|2009|16.2|6|S:0.9,SV:1.02,SR:1.1
Sentra|sedan|small car|2009|21.0|7|S:0.94,SV:1.02,SR:1.12
Altima|sedan|mid car|2008|27.0|12|2.5 S:0.95,2.5 SV:1.05,3.5 SL:1.2
Rogue|suv|small suv|2010|29.0|10|S:0.94,SV:1.02,SL:1.18
Leaf|hatchback|electric|2012|30.5|4|S:0.94:electric,SV:1.08:electric""",
    "Hyundai": """
Elantra|sedan|small car|2009|21.5|9|SE:0.95,SEL:1.03,Limited:1.2
Sonata|sedan|mid car|2009|27.5|8|SE:0.94,SEL:1.03,Limited:1.24,Hybrid:1.15:hybrid
Tucson|suv|small suv|2010|28.5|6|SE:0.95,SEL:1.04,Limited:1.25
Ioniq 5|suv|electric|2022|46.0|4|SE:0.94:electric,SEL:1.05:electric""",
    "Kia": """
Forte|sedan|small car|2010|20.0|7|LX:0.95,EX:1.1
Sportage|suv|small suv|2010|28.0|5|LX:0.94,EX:1.08,SX:1.22
Sorento|suv|large suv|2010|33.0|6|LX:0.93,EX:1.1,SX:1.25""",
    "Jeep": """
Wrangler|suv|small suv|2008|39.0|6|Sport:0.88,Sahara:1.1,Rubicon:1.2
Compass|suv|small suv|2011|29.5|4|Sport:0.93,Latitude:1.03,Limited:1.18
Grand Cherokee|suv|large suv|2009|45.0|7|Laredo:0.9,Limited:1.05,Overland:1.28""",
    "Ram": """
1500|pickup|pickup|2009|45.5|11|Tradesman:0.83,Big Horn:1.0,Laramie:1.24
2500|pickup|pickup|2010|58.0|4|Tradesman:0.86,Big Horn:1.12:diesel,Laramie:1.3:diesel""",
    "BMW": """
3 Series|sedan|premium|2009|46.0|6|320i:0.92,330i:1.02,M340i:1.28
X3|suv|premium|2011|49.5|4|sDrive30i:0.95,xDrive30i:1.02,M40i:1.26
X5|suv|premium|2009|68.0|4|xDrive35i:0.94,xDrive40i:1.02,M50i:1.32""",
    "Mercedes-Benz": """
C-Class|sedan|premium|2009|47.5|5|C250:0.92,C300:1.0,C43 AMG:1.3
GLC|suv|premium|2016|50.0|3|GLC300:0.98,GLC300 4MATIC:1.05
Sprinter|van|van|2010|52.0|2|2500 Cargo Diesel:0.98:diesel,2500 High Roof Diesel:1.1:diesel""",
    "Tesla": """
Model 3|sedan|electric|2018|44.0|8|Standard Range:0.92:electric,Long Range:1.12:electric
Model Y|suv|electric|2020|50.0|6|Long Range:1.0:electric,Performance:1.18:electric""",
}
# Extra log value a year of age against the average make: some hold their price, some do not.
MAKE_DRIFT = {
    "Toyota": 0.012, "Honda": 0.010, "Jeep": 0.003, "Ram": 0.002, "Ford": 0.0,
    "Chevrolet": -0.002, "Tesla": 0.0, "Hyundai": -0.004, "Kia": -0.005, "Nissan": -0.010,
    "BMW": -0.018, "Mercedes-Benz": -0.020,
}  # fmt: skip


def _rows(make: str, line: str) -> list[dict[str, object]]:
    model, body, segment, launch, price, weight, variants = line.split("|")
    parsed = [[*v.split(":"), "petrol"][:3] for v in variants.split(",")]
    return [
        {
            "make": make,
            "model": model,
            "variant": name,
            "body": body,
            "powertrain": powertrain,
            "segment": segment,
            "launch": int(launch),
            "new_price": float(price) * 1000 * float(factor),
            "popularity": float(weight) / len(parsed),
            "make_drift": MAKE_DRIFT[make],
        }
        for name, factor, powertrain in parsed
    ]


def catalog() -> pl.DataFrame:
    """Return one row per variant, with the persistent taste of buyers for model and variant."""
    lines = [(make, line) for make, text in MODELS.items() for line in text.strip().splitlines()]
    rows = pl.DataFrame([row for make, line in lines for row in _rows(make, line)])
    rng = stream("taste")
    model_taste = 0.04 * rng.standard_normal(len(lines))
    model_number = rows.select(pl.struct("make", "model").rle_id()).to_series().to_numpy()
    taste = model_taste[model_number] + 0.02 * rng.standard_normal(rows.height)
    return rows.with_columns(pl.Series("taste", taste))
