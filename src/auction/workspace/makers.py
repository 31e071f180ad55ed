"""Makers that build for each other: whether the maker in a VIN and the make of a row agree."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

#: Makes that share VINs: one builds under the sign of another, or took it over.
FAMILIES: Final[tuple[tuple[str, ...], ...]] = (
    (
        "general motors", "gm", "gmc", "chevrolet", "buick", "cadillac", "pontiac", "oldsmobile",
        "saturn", "hummer", "daewoo", "holden", "opel", "vauxhall", "saab", "isuzu", "suzuki",
        "wuling", "baojun", "别克", "雪佛兰", "凯迪拉克", "五菱", "宝骏", "欧宝", "铃木",
    ),
    ("ford", "lincoln", "mercury", "mazda", "auto alliance", "福特", "林肯", "马自达"),
    (
        "chrysler", "dodge", "jeep", "ram", "plymouth", "eagle", "fiat", "abarth", "alfa romeo",
        "lancia", "maserati", "ferrari", "peugeot", "citroen", "citroën", "ds automobiles", "opel",
        "vauxhall", "mitsubishi", "克莱斯勒", "道奇", "菲亚特", "标致", "雪铁龙", "三菱",
    ),
    (
        "toyota", "lexus", "scion", "daihatsu", "subaru", "nummi", "pontiac", "丰田", "雷克萨斯",
        "斯巴鲁",
    ),
    ("honda", "acura", "isuzu", "本田", "讴歌"),
    (
        "nissan", "infiniti", "datsun", "renault", "dacia", "samsung", "mitsubishi", "mercury",
        "suzuki", "日产", "英菲尼迪", "雷诺", "启辰",
    ),
    ("hyundai", "kia", "genesis", "现代", "起亚"),
    (
        "volkswagen", "vw", "audi", "seat", "cupra", "skoda", "škoda", "porsche", "bentley",
        "bugatti", "lamborghini", "大众", "奥迪", "斯柯达", "保时捷", "宾利",
    ),
    ("bmw", "mini", "rolls-royce", "rolls royce", "alpina", "宝马", "劳斯莱斯"),
    (
        "mercedes-benz", "mercedes", "daimler", "smart", "maybach", "chrysler", "dodge",
        "freightliner", "奔驰", "迈巴赫",
    ),
    ("jaguar", "land rover", "range rover", "daimler", "捷豹", "路虎"),
    (
        "volvo", "polestar", "geely", "lynk", "zeekr", "lotus", "smart", "london ev", "沃尔沃",
        "吉利", "领克", "极氪",
    ),
    ("tesla", "特斯拉"),
    ("byd", "比亚迪"),
    ("chery", "exeed", "奇瑞"),
    ("great wall", "haval", "长城", "哈弗"),
)  # fmt: skip


@cache
def families_of(make: str) -> frozenset[int]:
    """Return the numbers of the families that a make or maker belongs to.

    Parameters
    ----------
    make : str
        As a file or a list of makers calls it, such as ``FAW-Volkswagen``.

    Returns
    -------
    frozenset of int
        Empty where the make is not known.
    """
    text = make.casefold()
    return frozenset(
        number for number, names in enumerate(FAMILIES) if any(_names(text, name) for name in names)
    )


def _names(text: str, name: str) -> bool:
    if not name.isascii():
        return name in text
    return re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", text) is not None


def contradict(maker: str, make: str) -> bool:
    """Tell whether two makes are both known and share no family."""
    one, other = families_of(maker), families_of(make)
    return bool(one) and bool(other) and not one & other
