"""Catalogues hold every text of the report, whole, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from auction.report.extraction import catalogues, texts, updated
from auction.report.faults import fault_words, note
from auction.report.language import speaking
from auction.report.retold import ended_because, model_line

FILES = dict(catalogues())
REMEDY = "run `make words` and translate what is new"


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return texts()


@pytest.fixture(scope="module", params=FILES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read_po(BytesIO(FILES[request.param].read_bytes()), locale=request.param)


def entries(catalogue: Catalog) -> dict[tuple[str | None, Any], Message]:
    return {
        (message.context, message.id): message
        for message in catalogue
        if message.id
    }  # fmt: skip


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_every_text_is_in_the_catalogue_and_no_other(wanted: Catalog, catalogue: Catalog) -> None:
    needed, held = entries(wanted), entries(catalogue)
    assert len(needed) > 300
    assert [key for key in needed if key not in held] == [], REMEDY
    assert [key for key in held if key not in needed] == [], REMEDY
    assert not catalogue.obsolete


def test_every_text_is_translated(catalogue: Catalog) -> None:
    for message in entries(catalogue).values():
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(string.strip() for string in strings), (message.id, REMEDY)
        assert not message.fuzzy, message.id


def test_named_values_and_per_cent_signs_agree(catalogue: Catalog) -> None:
    for message in entries(catalogue).values():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert placeholders(string) == placeholders(ids[-1]), message.id
            if any("%(" in text or "%%" in text for text in ids):
                values = dict.fromkeys(placeholders(ids[-1]), "x")
                assert "%(" not in string % values, message.id
            assert [text[:1].isspace() for text in ids] == [string[:1].isspace()] * len(ids) or (
                not ids[0].strip(";:,. ")
            ), message.id


@pytest.mark.parametrize("code", FILES)
def test_the_file_is_as_the_sources_give_it(code: str) -> None:
    assert updated(code, FILES[code].parent) == FILES[code].read_bytes(), REMEDY


def test_a_new_text_waits_for_its_translation(tmp_path: Path) -> None:
    (code, path) = next(iter(FILES.items()))
    known = path.read_text(encoding="utf-8")
    gone = re.sub(r'\n#: [^\n]*\nmsgid "Skip to the key figures"\nmsgstr "[^"]+"\n', "\n", known)
    assert gone != known
    (tmp_path / path.name).write_text(gone, encoding="utf-8")
    made = read_po(BytesIO(updated(code, tmp_path)), locale=code)
    assert made["Skip to the key figures"].string == ""
    assert made["Disposal plan"].string != ""


# --- sentences that others made ---------------------------------------------------------------


def said_of_rows(root: Path) -> Iterator[str]:
    """Every text that the workspace's modules say of rows, with 7 in its gaps."""
    named = {"type_words", "_words", "_forms"}
    for path in sorted(root.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and (
                function.name in named or _calls(function, {"reject", "warn", "exclude"})
            ):
                yield from _texts(function)


def _calls(function: ast.FunctionDef, names: set[str]) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in names
        for call in ast.walk(function)
    )


def _texts(function: ast.FunctionDef) -> Iterator[str]:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    parts = {id(part) for node in body for join in ast.walk(node)
             if isinstance(join, ast.JoinedStr) for part in join.values}  # fmt: skip
    for node in (found for statement in body for found in ast.walk(statement)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield node.value.replace("{}", "7") if isinstance(node.value, str) else ""


def test_everything_said_of_rows_is_known(project_root: Path) -> None:
    found = {
        text
        for text in said_of_rows(project_root / "src" / "auction" / "workspace")
        if len(re.findall(r"[A-Za-z]{2,}", text)) > 1 and " " in text
    }
    assert len(found) > 30
    with speaking("zh_CN"):
        unknown = sorted(text for text in found if fault_words(text) == text)
    assert unknown == [], "add them to auction.report.faults"


def test_every_end_of_the_search_is_known(project_root: Path) -> None:
    source = project_root / "src" / "auction" / "allocation" / "search.py"
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    said = [text for text in _texts(functions["_status"]) if " " in text]
    said += [text for text in _texts(functions["_finish"]) if " " in text]
    assert len(said) >= 6
    with speaking("zh_CN"):
        assert [text for text in said if ended_because(text) == text] == []


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        (
            "vehicles.csv, vin: the VIN stands already in row 3 (1,204 rows)",
            "vehicles.csv, vin: the VIN stands already in row 3 (1,204 rows)",
            "vehicles.csv，vin：VIN 已出现在第 3 行（1,204 行）",
        ),
        (
            "the newest sale is of 2026-01-05, 147 days before 2026-06-01",
            "the newest sale is of 5 January 2026, 147 days before 1 June 2026",
            "最近一笔销售在2026年1月5日，距2026年6月1日已 147 天",
        ),
        ("something nobody foresaw", "something nobody foresaw", "something nobody foresaw"),
    ],
)
def test_notes(text: str, english: str, chinese: str) -> None:
    assert note(text) == english
    with speaking("zh_CN"):
        assert note(text) == chinese


def test_model_lines_hold_forecasts_within() -> None:
    line = "market: random walk, 0.015 a month (prior; trade is too short); sd of today's level 0.1"
    assert model_line(line) == line
    with speaking("zh_CN"):
        assert model_line(line) == (
            "市场：随机游走，每月 0.015（先验值；trade 序列太短）；当前水平的标准差 0.1"
        )
        assert model_line("rows by as_of: 8024") == "规划日前的记录：8,024 行"


def test_assumed_numbers_of_bidders_are_told_in_both_languages() -> None:
    line = (
        "auctions whose bidders no sale counts and no row states, so that 6 on a lot are "
        "assumed: EWR, ORL and 3 more"
    )
    assert model_line(line) == line
    with speaking("zh_CN"):
        assert model_line(line) == (
            "既无记录也未注明竞价人数、按每件 6 人假设的拍卖场：EWR, ORL and 3 more"
        )
