"""What went into two runs, compared: files, settings, defaults, dates, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Record = dict[str, Any]


def inputs_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Record:
    """Compare two manifests.

    Parameters
    ----------
    before, after : mapping
        Contents of ``manifest.json``.

    Returns
    -------
    dict
        files (file, change: changed, gone or new), settings (setting, before, after; planning
        date and seed among them), defaults (setting, before, after) and versions (name, before,
        after) that differ, and rows (table, before, after: rows kept), all sorted by name.
    """
    return {
        "files": list(_files(before["inputs"], after["inputs"])),
        "settings": _differences(_flat(before["settings"]), _flat(after["settings"]), "setting"),
        "defaults": _differences(_defaults(before), _defaults(after), "setting"),
        "versions": _differences(before["versions"], after["versions"], "name"),
        "rows": _differences(_rows(before), _rows(after), "table"),
    }


def _files(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Record]:
    for name in sorted(set(before) | set(after)):
        if before.get(name) != after.get(name):
            change = "changed" if name in before and name in after else "new"
            yield {"file": name, "change": change if name in after else "gone"}


def _flat(settings: object, path: str = "") -> dict[str, Any]:
    """Return settings by their path, such as ``risk.weight`` or ``limits[0].max_units``."""
    if isinstance(settings, Mapping):
        found: dict[str, Any] = {}
        for name, value in settings.items():
            found |= _flat(value, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(settings, list) and any(isinstance(item, Mapping) for item in settings):
        found = {}
        for place, value in enumerate(settings):
            found |= _flat(value, f"{path}[{place}]")
        return found
    return {path: settings}


def _defaults(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {used["setting"]: used["value"] for used in manifest["defaults_used"]}


def _rows(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: counts["kept"] for name, counts in manifest["rows"].items()}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> list[Record]:
    return [
        {key: name, "before": before.get(name), "after": after.get(name)}
        for name in sorted(set(before) | set(after))
        if before.get(name) != after.get(name)
    ]
