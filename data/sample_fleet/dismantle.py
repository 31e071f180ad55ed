"""What comes off a car, by group: parts with price, chance, labour, order and legal class."""

from __future__ import annotations

import polars as pl

# part: price of a common car's, chance, labour hours, parts removed first, legal class
BASE = (
    ("catalytic converter", 190, 0.85, 0.6, "", "free"),
    ("battery", 30, 0.80, 0.2, "", "free"),
    ("airbags", 140, 0.35, 1.0, "battery", "free"),
    ("bonnet", 150, 0.40, 0.5, "", "free"),
    ("bumper front", 130, 0.40, 0.6, "", "free"),
    ("headlamps", 190, 0.55, 0.6, "bumper front", "free"),
    ("radiator", 85, 0.35, 0.8, "bumper front", "free"),
    ("starter and alternator", 95, 0.60, 0.9, "battery", "free"),
    ("engine", 900, 0.48, 5.5, "battery;radiator", "five_assemblies"),
    ("gearbox", 520, 0.42, 2.0, "engine", "five_assemblies"),
    ("steering rack", 130, 0.30, 1.4, "", "five_assemblies"),
    ("front axle", 160, 0.30, 1.8, "wheels", "five_assemblies"),
    ("rear axle", 140, 0.25, 1.6, "wheels", "five_assemblies"),
    ("doors", 380, 0.40, 1.6, "", "free"),
    ("tailgate", 170, 0.35, 0.6, "", "free"),
    ("tail lamps", 90, 0.50, 0.3, "", "free"),
    ("mirrors", 80, 0.50, 0.3, "", "free"),
    ("wheels", 240, 0.65, 0.5, "", "free"),
    ("seats", 180, 0.25, 1.0, "airbags", "free"),
    ("infotainment", 130, 0.45, 0.5, "", "free"),
    ("engine computer", 85, 0.45, 0.4, "battery", "free"),
    ("hulk", 210, 1.00, 1.5, "", "scrap"),
)
ELECTRIC = (
    ("battery 12 V", 30, 0.75, 0.2, "", "free"),
    ("traction battery", 2400, 0.45, 4.0, "battery 12 V", "traction_battery"),
    ("drive motor", 750, 0.35, 3.0, "traction battery", "five_assemblies"),
    ("inverter", 380, 0.35, 1.0, "battery 12 V", "free"),
    ("onboard charger", 240, 0.40, 0.9, "battery 12 V", "free"),
    ("airbags", 150, 0.35, 1.0, "battery 12 V", "free"),
    ("bonnet", 160, 0.40, 0.5, "", "free"),
    ("bumper front", 150, 0.40, 0.6, "", "free"),
    ("headlamps", 260, 0.55, 0.6, "bumper front", "free"),
    ("doors", 420, 0.40, 1.6, "", "free"),
    ("tail lamps", 110, 0.50, 0.3, "", "free"),
    ("wheels", 300, 0.65, 0.5, "", "free"),
    ("infotainment", 220, 0.45, 0.5, "", "free"),
    ("hulk", 200, 1.00, 1.8, "", "scrap"),
)
HYBRID_EXTRA = (
    ("traction battery", 650, 0.55, 1.6, "battery", "traction_battery"),
    ("inverter", 260, 0.40, 0.9, "battery", "free"),
)
TRUCK_EXTRA = (
    ("transfer case", 330, 0.40, 1.5, "gearbox", "free"),
    ("tow bar", 110, 0.45, 0.5, "", "free"),
)
# group: list of parts, factor on part prices, weight of the hulk against a common car,
# parts that such a vehicle does not have
GROUPS = {
    "Toyota Camry": (BASE, 1.15, 1.0, ()),
    "Toyota Prius": (BASE + HYBRID_EXTRA, 1.10, 0.95, ("starter and alternator",)),
    "Toyota Tacoma": (BASE + TRUCK_EXTRA, 1.45, 1.25, ()),
    "Honda Accord": (BASE, 1.10, 1.0, ()),
    "Ford F-150": (BASE + TRUCK_EXTRA, 1.40, 1.4, ()),
    "Nissan Altima": (BASE, 0.85, 1.0, ()),
    "Nissan Leaf": (ELECTRIC, 0.75, 1.0, ()),
    "Chevrolet Bolt EV": (ELECTRIC, 0.85, 1.0, ()),
    "Hyundai Ioniq 5": (ELECTRIC, 1.20, 1.2, ()),
    "Ford Mustang Mach-E": (ELECTRIC, 1.15, 1.25, ()),
    "Tesla": (ELECTRIC, 1.35, 1.15, ()),
    "BMW": (BASE, 1.60, 1.1, ("steering rack", "rear axle")),
    "Mercedes-Benz": (BASE, 1.60, 1.15, ("steering rack", "rear axle")),
    "suv": (BASE, 1.10, 1.15, ()),
    "pickup": (BASE + TRUCK_EXTRA, 1.35, 1.35, ()),
    "van": (BASE, 1.05, 1.5, ("tailgate",)),
    "*": (BASE, 0.90, 0.95, ()),
}


def parts() -> pl.DataFrame:
    """Return the parts of every group; the hulk is what remains, sold by weight."""
    rows = []
    for group, (listed, price_factor, weight, absent) in GROUPS.items():
        for part, price, chance, hours, needs, legal_class in listed:
            if part in absent:
                continue
            factor = weight if part == "hulk" else price_factor
            rows.append(
                {
                    "group": group,
                    "part": part,
                    "price": float(5 * round(price * factor / 5)),
                    "chance": chance,
                    "labour_hours": hours,
                    "needs": needs or None,
                    "legal_class": legal_class,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)
