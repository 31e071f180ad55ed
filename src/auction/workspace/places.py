"""Where vehicles and venues stand: region, postcode or coordinates given, the others follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.workspace.mapping import LOCATED
from auction.workspace.rows import ROW, TableRead

#: A unit farther than this from every place and venue is remarked on.
FAR_KM: Final = 500.0

#: From this distance on coordinates lie on another continent than the places of their region.
ABROAD_KM: Final = 3_000.0

_EARTH_RADIUS_KM: Final = 6371.0088
#: Points whose mean lies this near the centre of a sphere of radius one stand all around it.
_NO_MIDDLE: Final = 1e-6
_KEY: Final = "#postcode"
_PLACE: Final = {"region": "#region", "lat": "#lat", "lon": "#lon"}


def locate_rows(table: TableRead, tables: Mapping[str, TableRead]) -> None:
    """Fill in region and coordinates of a table's rows as far as one leads to the other.

    What a row gives itself counts. Else a postcode leads to the place whose key is the longest
    beginning of it (blanks, hyphens and case aside). Coordinates alone lead to the region of the
    nearest place or venue on the great circle. A region alone gets the mean coordinates of its
    places on the sphere, none where no place of it has any.

    Parameters
    ----------
    table : TableRead
        Vehicles, venues or sales; its frame is changed in place. Rows of the first two that
        cannot be located are noted as rejected.
    tables : mapping
        Gives ``places`` and ``venues``, already judged.
    """
    places = tables["places"].frame if "places" in tables else None
    if places is not None:
        _follow_postcodes(table, places)
    if table.name not in LOCATED:
        return
    if places is not None:
        _warn_of_abroad(table, places)
    _follow_coordinates(table, tables)
    if places is not None:
        _fill_coordinates(table, places)
    _reject_unlocated(table, places is not None)


def normal_postcode(column: pl.Expr) -> pl.Expr:
    """Return postcodes in capitals without blanks and hyphens."""
    return column.str.to_uppercase().str.replace_all(r"[\s-]", "")


def places_of(postcodes: pl.Series, places: pl.DataFrame) -> pl.DataFrame:
    """Return the place of each postcode, the one with the longest key that it begins with.

    Parameters
    ----------
    postcodes : polars.Series
        In normal form, no nulls, unique.
    places : polars.DataFrame
        Columns postcode, region, lat, lon.

    Returns
    -------
    polars.DataFrame
        Columns ``#postcode``, ``#region``, ``#lat``, ``#lon``: a row for each postcode that has
        a place.
    """
    keys = places.select(
        normal_postcode(pl.col("postcode")).alias("key"),
        *(pl.col(name).alias(alias) for name, alias in _PLACE.items()),
    ).unique("key", keep="first", maintain_order=True)
    open_ones = postcodes.alias(_KEY).to_frame()
    found = []
    for length in keys["key"].str.len_chars().unique().sort(descending=True):
        of_length = keys.filter(pl.col("key").str.len_chars() == length)
        begun = open_ones.with_columns(pl.col(_KEY).str.slice(0, length).alias("key"))
        found.append(
            begun.join(of_length, on="key", how="inner", maintain_order="left").drop("key")
        )
        open_ones = begun.join(of_length, on="key", how="anti", maintain_order="left").drop("key")
    if found:
        return pl.concat(found)
    return pl.DataFrame(schema={_KEY: pl.String, **dict.fromkeys(_PLACE.values(), pl.String)})


def _follow_postcodes(table: TableRead, places: pl.DataFrame) -> None:
    keyed = table.frame.with_columns(normal_postcode(pl.col("postcode")).alias(_KEY))
    distinct = keyed[_KEY].drop_nulls().unique().sort()
    if distinct.is_empty() or places.is_empty():
        return
    found = places_of(distinct, places)
    placed = keyed.join(found, on=_KEY, how="left", maintain_order="left")
    other = placed.filter(pl.col("region") != pl.col("#region"))
    words = other.select(pl.format("the postcode lies in region {}", "#region")).to_series()
    table.warn(other[ROW], "region", words, "mend the region, the postcode or the table places")
    filled = [pl.coalesce("region", "#region").alias("region")]
    if "lat" in table.frame.columns:
        bare = pl.col("lat").is_null() & pl.col("lon").is_null()
        filled += [
            pl.when(bare).then(pl.col(alias)).otherwise(pl.col(name)).alias(name)
            for name, alias in _PLACE.items()
            if name != "region"
        ]
    table.frame = placed.with_columns(filled).select(table.frame.columns)


def _follow_coordinates(table: TableRead, tables: Mapping[str, TableRead]) -> None:
    """Give rows with coordinates alone the region of the nearest place or venue."""
    finite = pl.col("lat").is_finite() & pl.col("lon").is_finite()
    rows = table.frame.filter(pl.col("region").is_null() & finite.fill_null(value=False))
    columns = ["region", "lat", "lon"]
    named = [tables[name].frame for name in ("places", "venues") if name in tables]
    if table.name == "venues":
        named.append(table.frame.filter(pl.col("region").is_not_null()))
    known = [frame.select(columns).drop_nulls().unique().sort(columns) for frame in named]
    if rows.is_empty() or not any(frame.height for frame in known):
        return
    points = pl.concat(known)
    nearest, km = _nearest(rows, points)
    found = rows.select(ROW).with_columns(points["region"].gather(nearest).alias("#region"))
    joined = table.frame.join(found, on=ROW, how="left", maintain_order="left")
    table.frame = joined.with_columns(pl.coalesce("region", "#region").alias("region")).select(
        table.frame.columns
    )
    far = km > FAR_KM
    words = pl.Series([f"stands {distance:,.0f} km from the nearest place" for distance in km[far]])
    remedy = "mend lat and lon, or add a place"
    table.warn(rows[ROW].filter(pl.Series(far)), "lat", words.cast(pl.String), remedy)


def _warn_of_abroad(table: TableRead, places: pl.DataFrame) -> None:
    """Remark on coordinates that lie far from every place of the region that the row gives."""
    columns = ["region", "lat", "lon"]
    known = places.select(columns).drop_nulls().unique().sort(columns)
    finite = (pl.col("lat").is_finite() & pl.col("lon").is_finite()).fill_null(value=False)
    rows = table.frame.filter(finite, pl.col("region").is_in(known["region"].unique().implode()))
    for (region,), group in rows.group_by("region", maintain_order=True):
        _, km = _nearest(group, known.filter(pl.col("region") == region))
        far = pl.Series(km > ABROAD_KM)
        words = pl.Series(
            [f"stands {distance:,.0f} km from the nearest place of {region}" for distance in km]
        )
        remedy = "mend lat and lon (their signs, their order) or the region"
        table.warn(group[ROW].filter(far), "lat", words.cast(pl.String).filter(far), remedy)


def _nearest(
    rows: pl.DataFrame, points: pl.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest point of each row and the great-circle distance to it in km."""
    from scipy.spatial import cKDTree

    found = cKDTree(_on_the_sphere(points)).query(_on_the_sphere(rows))
    chord, nearest = (np.asarray(part) for part in found)
    km = 2.0 * _EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2.0, 1.0))
    return nearest.astype(np.int64), km


def _on_the_sphere(frame: pl.DataFrame) -> NDArray[np.float64]:
    """Return float64[N, 3]: a longer chord is a longer way on the great circle."""
    phi, turn = (np.radians(frame[name].to_numpy().astype(np.float64)) for name in ("lat", "lon"))
    return np.column_stack([np.cos(phi) * np.cos(turn), np.cos(phi) * np.sin(turn), np.sin(phi)])


def _fill_coordinates(table: TableRead, places: pl.DataFrame) -> None:
    """Give rows with a region alone the mean coordinates of its places."""
    means = _middles(places.drop_nulls(["region", "lat", "lon"]))
    bare = pl.col("lat").is_null() & pl.col("lon").is_null()
    joined = table.frame.join(means, on="region", how="left", maintain_order="left")
    table.frame = joined.with_columns(
        pl.when(bare).then(pl.col(alias)).otherwise(pl.col(name)).alias(name)
        for name, alias in _PLACE.items()
        if name != "region"
    ).select(table.frame.columns)


def _middles(places: pl.DataFrame) -> pl.DataFrame:
    """Return the mean place of each region: its ``region``, ``#lat`` and ``#lon``.

    Points are averaged in space, so that a region may lie across the date line. One whose
    points cancel out has no middle and is left out.
    """
    points = pl.DataFrame(_on_the_sphere(places), schema=["x", "y", "z"])
    mean = (
        pl.concat([places.select("region"), points], how="horizontal")
        .group_by("region", maintain_order=True)
        .agg(pl.col("x", "y", "z").mean())
    )
    x, y, z = (mean[name].to_numpy() for name in "xyz")
    across = np.hypot(x, y)
    # what sines and cosines lose on the way is far less than the rounding
    return mean.select(
        "region",
        pl.Series("#lat", np.degrees(np.arctan2(z, across)).round(9)),
        pl.Series("#lon", np.degrees(np.arctan2(y, x)).round(9)),
    ).filter(pl.Series(np.hypot(across, z) > _NO_MIDDLE, dtype=pl.Boolean))


def _reject_unlocated(table: TableRead, places_given: bool) -> None:
    frame = table.frame.filter(pl.col("region").is_null())
    if frame.is_empty():
        return
    told = table.rejected.filter(pl.col("column").is_in(["region", "postcode", "lat", "lon"]))
    frame = frame.filter(~pl.col(ROW).is_in(told["row"].implode()))
    coded = pl.col("postcode").is_not_null()
    placed = pl.col("lat").is_not_null() & pl.col("lon").is_not_null()
    half = pl.col("lat").is_null() != pl.col("lon").is_null()
    rule, remedy = (
        ("no key of the table places begins this postcode", "add it to places, or give the region")
        if places_given
        else (
            "there is no table of places to look it up in",
            "add [tables.places] or give the region",
        )
    )
    table.reject(frame.filter(coded & ~placed)[ROW], "postcode", rule, remedy)
    table.reject(
        frame.filter(placed)[ROW],
        "region",
        "no place or venue with region and coordinates is near",
        "add coordinates to places or venues, or give the region",
    )
    table.reject(
        frame.filter(~coded & ~placed & ~half)[ROW],
        "region",
        "one of region, postcode and coordinates is required",
        "say where it stands",
    )
