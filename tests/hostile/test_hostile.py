"""Hostile workspaces: a clear refusal or a whole run, within half a minute and a gibibyte."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from hostile.confine import BYTES, SECONDS, Ended, confined, tree
from hostile.inputs import FORMULA, HOSTILE, SCRIPT
from killing import broken
from small_workspace import cut_sample

CHECKED = (0, 3)
PLANNED = (0, 3, 4, 5)
#: What must not be told to a person: traces of the engine itself.
TRACES = re.compile(r"Traceback|panicked at|Segmentation|Exception ignored|core dumped", re.ASCII)


class Outcome:
    """What became of a hostile workspace, checked and, where that passes, planned."""

    def __init__(self, sound: Path, folder: Path, name: str) -> None:
        self.workspace, self.run = folder / "workspace", folder / "runs" / "run"
        shutil.copytree(sound, self.workspace)
        HOSTILE[name](self.workspace)
        before = tree(self.workspace)
        self.checked = confined("check", self.workspace, "--json")
        self.planned: Ended | None = None
        if self.checked.code == 0:
            self.planned = confined(
                "plan", self.workspace, "--out", self.run, "--threads", "1", "--time-limit", "5"
            )
        self.untouched = tree(self.workspace) == before

    @property
    def ends(self) -> list[Ended]:
        """Return the commands that ran."""
        return [end for end in (self.checked, self.planned) if end is not None]


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """Every hostile workspace that a test asks for, two at a time."""
    root = tmp_path_factory.mktemp("hostile")
    sound = cut_sample(root / "sound", vehicles=12, sales=150, scenarios=32, weeks=4)
    asked = sorted(
        {
            item.callspec.params["name"]
            for item in request.session.items
            if isinstance(item, pytest.Function)
            and "outcomes" in item.fixturenames
            and "name" in getattr(item, "callspec", type("none", (), {"params": {}})).params
        },
        key=list(HOSTILE).index,
    )
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(Outcome, sound, root / f"{number:03d}", name)
            for number, name in enumerate(asked)
        }


def test_there_are_enough() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_clearly_or_planned_safely(
    outcomes: dict[str, Future[Outcome]], name: str
) -> None:
    outcome = outcomes[name].result()
    for end in outcome.ends:
        assert TRACES.search(end.err) is None, end.err[-2000:]
        assert end.memory <= BYTES, f"{end.memory / 2**20:.0f} MiB"
        assert min(end.seconds, end.processor) <= SECONDS, f"{end.seconds:.1f} s"
    assert outcome.checked.code in CHECKED, outcome.checked.err[-2000:]
    told = json.loads(outcome.checked.out)
    assert told["ok"] == (outcome.checked.code == 0)
    if outcome.checked.code == 3:
        assert told["faults"]
        assert all(fault["rule"] for fault in told["faults"])
    assert outcome.untouched, "the workspace was changed"
    if outcome.planned is not None:
        assert outcome.planned.code in PLANNED, outcome.planned.err[-2000:]
        _nothing_half_done(outcome, outcome.planned)


def _nothing_half_done(outcome: Outcome, planned: Ended) -> None:
    if planned.code in (0, 5):
        assert broken(outcome.run) == []
        assert sorted(path.name for path in outcome.run.parent.iterdir()) == ["latest", "run"]
        _harmless(outcome.run)
    else:
        assert planned.err.strip()
        assert not outcome.run.parent.exists()


def _harmless(run: Path) -> None:
    """No markup of the input stands in the page, no formula in a workbook."""
    page = (run / "report.html").read_text(encoding="utf-8")
    assert SCRIPT not in page
    assert "<img src=x" not in page
    for path in run.glob("*.xlsx"):
        with zipfile.ZipFile(path) as book:
            for sheet in book.namelist():
                if sheet.startswith("xl/worksheets/sheet"):
                    assert b"<f>" not in book.read(sheet), f"{path.name} {sheet}"
    for path in run.rglob("*.csv"):
        assert f"\n{FORMULA}" not in path.read_text(encoding="utf-8")


REFUSED = {
    "nothing": "is empty",
    "file outside": "must stand inside the workspace",
    "links in a circle": "must stand inside the workspace",
    "file that is a pipe": "is not a plain file",
    "parts in a circle": "need each other in a circle",
    "every vehicle twice": "stands already in row 1",
    "settings that do not exist": "allhpa",
}


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_the_refusal_says_why(outcomes: dict[str, Future[Outcome]], name: str, words: str) -> None:
    outcome = outcomes[name].result()
    assert outcome.checked.code == 3
    assert words in outcome.checked.out
