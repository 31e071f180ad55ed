"""The user guide and the API guide are run as they stand."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import polars as pl
import pytest

from auction.sample import write_sample
from docs.console import Step, run, steps

#: Shell blocks that are shown and not run: they need the network, a database or a cron.
SHOWN_ONLY = ("sh", "toml", "text")


def pages(project_root: Path) -> list[Path]:
    """The pages of the guide in the order in which they are read."""
    folder = project_root / "docs" / "guide"
    index = (folder / "index.md").read_text(encoding="utf-8")
    listed = re.search(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)
    assert listed
    names = [line for line in listed.group(1).splitlines() if line and not line.startswith(":")]
    found = [folder / f"{name}.md" for name in names]
    assert {page.name for page in found} | {"index.md"} == {
        page.name for page in folder.glob("*.md")
    }
    return found


def test_every_block_of_the_guide_is_of_a_known_kind(project_root: Path) -> None:
    for page in pages(project_root):
        text = page.read_text(encoding="utf-8")
        kinds = set(re.findall(r"^```(\S+)", text, re.MULTILINE))
        plain = {kind for kind in kinds if not kind.startswith("{")}
        assert plain <= {"console", *SHOWN_ONLY}, page.name


@pytest.mark.slow
def test_the_guide_can_be_followed(project_root: Path, tmp_path: Path) -> None:
    commands = [step for page in pages(project_root) for step in steps(page)]
    assert len(commands) > 30
    wrong = []
    done = run(commands, tmp_path)
    for place, (step, output, code) in enumerate(done):
        asked = place + 1 < len(done) and done[place + 1][0].command == "echo $?"
        if code and not asked:
            wrong.append(f"{step.page}: $ {step.command}\nended with {code}:\n{output}")
        elif step.shown and not step.agrees(output):
            shown = "\n".join(step.shown)
            wrong.append(f"{step.page}: $ {step.command}\nshown:\n{shown}\ngot:\n{output}")
    assert not wrong, "\n\n".join(wrong)
    runs = tmp_path / "runs" / "latest"
    assert runs.is_symlink()
    table = pl.read_parquet(tmp_path / "runs" / "2026-06-01" / "assignments.parquet")
    assert table.height == 605


@pytest.mark.slow
def test_files_of_a_run_are_those_of_the_reference(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project_root / "docs" / "_ext"))
    import output_files  # type: ignore[import-not-found]

    source = (project_root / "src" / "auction" / "run" / "writing.py").read_text(encoding="utf-8")
    written = set(re.findall(r"\"(\w+\.(?:parquet|json|xlsx|html))\"", source))
    assert len(written) > 10
    assert written <= set(output_files.FILES)


def test_comparison_tells_what_differs() -> None:
    step = Step("page", "command", ["first", "...", "last ... of 3"])
    assert step.agrees("first\nlast one of 3\n")
    assert step.agrees("first\nsecond\nthird\nlast one of 3")
    assert not step.agrees("first\nlast one of 4\n")
    assert not step.agrees("zeroth\nfirst\nlast one of 3\n")


@pytest.mark.slow
def test_api_examples_give_what_they_show(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sample(tmp_path / "my-lender")
    page = project_root / "docs" / "api" / "guide.md"
    blocks = re.findall(r"```pycon\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0)
    assert len(test.examples) > 40
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    assert not result.failed, "".join(told)
