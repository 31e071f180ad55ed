"""Files that are broken or meant to break: a clear fault each, in bounded time and memory."""

from __future__ import annotations

import io
import json
import os
import random
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from auction.workspace import check_workspace
from auction.workspace.files import footer, read_content
from residual.errors import InputError

SETTINGS = 'as_of = 2015-01-25\ncurrency = "USD"\n'
SALES = """\
sale_id,offered_on,make,model,model_year,price
S1,2014-03-01,A,B,2012,11000
"""
HEADER = "vehicle_id,make,model,model_year,region\n"

SECONDS, GIBIBYTES = 30, 1

CHILD = """
import json, sys
from auction.workspace import check_workspace
told = [str(fault) for fault in check_workspace(sys.argv[1]).faults]
with open("/proc/self/status") as status:
    (peak,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
print(json.dumps([told, peak]))
"""

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a workspace whose vehicles stand in a file of the given name and bytes."""

    def write(name: str, content: bytes | None = None, more: str = "") -> Path:
        (tmp_path / "sales.csv").write_text(SALES)
        (tmp_path / "disposal.toml").write_text(
            f'{SETTINGS}[tables.sales]\nfile = "sales.csv"\n[tables.vehicles]\nfile = "{name}"\n'
            f"{more}"
        )
        if content is not None:
            (tmp_path / name).write_bytes(content)
        return tmp_path

    return write


def faults(root: Path) -> list[str]:
    return [str(fault) for fault in check_workspace(root).faults]


def bounded(root: Path) -> list[str]:
    """Return the faults as told by a process of its own, held to time and memory."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(root)],
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert time.monotonic() - started < SECONDS
    told, peak = json.loads(done.stdout)
    assert peak * 1024 < GIBIBYTES * 2**30
    return list(told)


def junk(size: int) -> bytes:
    return random.Random(5).randbytes(size)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("v.csv", b"", "is empty (give a header and rows)"),
        ("v.csv", b"\n\n \n", "is empty (give a header and rows)"),
        ("v.csv", b"\xef\xbb\xbf", "is empty (give a header and rows)"),
        ("v.xlsx", b"", "is empty (give a header and rows)"),
        ("v.parquet", b"", "is empty (give a header and rows)"),
        (
            "v.csv",
            HEADER.encode() + b"V1,A,\0B,2012,TX\n",
            ("holds NUL characters, the first in line 2: it is no text (save it as CSV in UTF-8; "
            "if it is UTF-16 without a mark, set encoding)"),
        ),
        (
            "v.csv",
            HEADER.encode("utf-16-le"),
            ("holds NUL characters, the first in line 1: it is no text (save it as CSV in UTF-8; "
            "if it is UTF-16 without a mark, set encoding)"),
        ),
        (
            "v.csv",
            bytes(range(254, 0, -1)) * 40,
            ("is not UTF-8, and its bytes do not prove another encoding: see line 1 (save it as "
            "UTF-8 or set encoding, such as gb18030 or cp1252)"),
        ),
        (
            "v.csv",
            HEADER.encode() + b'V1,A,B,2012,TX\nV2,A,"B,2012,TX\nV3,A,B,2012,TX\n',
            "row 2: has a quote that is not closed well (check the quotes and the delimiter)",
        ),
        (
            "v.csv",
            HEADER.encode() + b'V1,A,"B"x,2012,TX\n',
            "row 1: has a quote that is not closed well (check the quotes and the delimiter)",
        ),
        (
            "v.csv",
            HEADER.encode() + b'V1,"A' + b"\nx" * 90_000 + b'",B,2012,TX\n',
            "row 1: has a value of more than 131,072 characters (see whether a quote is left open)",
        ),
        ("v.csv", b"PK\3\4" + b"a" * 100, "column vehicle_id: the column is required"),
        (
            "v.parquet",
            b"PAR1 and no more",
            "is not a whole Parquet file (write the file again)",
        ),
        (
            "v.xlsx",
            b"PK\3\4 and no more",
            ("is not an Excel workbook (open it in Excel and save it anew as .xlsx, without a "
            "password; or save as CSV)"),
        ),
        (
            "v.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000,
            ("is an old .xls file or protected by a password (open it in Excel and save it anew as "
            ".xlsx, without a password; or save as CSV)"),
        ),
        (
            "v.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "is neither CSV, Parquet nor .xlsx (open it in Excel and save it as .xlsx)",
        ),
        (
            "v.pdf",
            b"%PDF",
            "is neither CSV, Parquet nor .xlsx (save it as one of these)",
        ),
    ],
)  # fmt: skip
def test_content_that_is_no_table(make, name, content, told):
    first = faults(make(name, content))[0]
    assert first.startswith(f"{name}")
    assert told in first


def test_ragged_rows_are_told_by_their_numbers_all_at_once(make):
    rows = "V1,A,B,2012,TX\nV2,A,B\nV3,A,B,2012,\n\nV4\n"
    assert faults(make("v.csv", (HEADER + rows).encode())) == [
        f"v.csv, row {row}: has {found} values where the header has 5 (complete the row; quote "
        "text that holds the delimiter)"
        for row, found in ((2, 3), (5, 1))
    ]
    rows = "V1,A,B,2012,TX\nV2,A,B,C,2012,TX\nV3\n"
    assert faults(make("v.csv", (HEADER + rows).encode())) == [
        f"v.csv, row {row}: has {found} values where the header has 5 (complete the row; quote "
        "text that holds the delimiter)"
        for row, found in ((2, 6), (3, 1))
    ]


def test_a_short_row_with_quotes_is_told_and_empty_ends_are_borne(make):
    rows = 'V1,A,"B, C",2012,\nV2,"A, B",2012,TX\n'
    assert faults(make("v.csv", (HEADER + rows).encode())) == [
        (
            "v.csv, row 2: has 4 values where the header has 5 (complete the row; quote text that "
            "holds the delimiter)"
        )
    ]


def test_names_that_lead_nowhere(make, tmp_path):
    assert faults(make("v.csv")) == [
        (
            "disposal.toml, column tables.vehicles.file, value 'v.csv': "
            "there is no such file (mend "
            "the name or put the file there)"
        )
    ]
    (tmp_path / "v.csv").mkdir()
    assert faults(make("v.csv")) == [
        (
            "disposal.toml, column tables.vehicles.file, value 'v.csv': "
            "is a folder (name a file that "
            "holds the table)"
        )
    ]
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert len(faults(make("loop.csv"))) == 1


def test_pipes_and_devices_are_not_opened(make, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    told = "is not a plain file (name a file that holds the table)"
    assert bounded(make("pipe.csv")) == [
        f"disposal.toml, column tables.vehicles.file, value 'pipe.csv': {told}"
    ]
    with pytest.raises(InputError, match="is not a plain file"):
        read_content(Path("/dev/zero"), "zero.csv", 1)


def test_a_link_to_a_device_leads_out_of_the_workspace(make, tmp_path):
    (tmp_path / "v.csv").symlink_to("/dev/zero")
    assert faults(make("v.csv")) == [
        (
            "disposal.toml, column tables.vehicles.file, value 'v.csv': must stand inside the "
            "workspace (copy the file into the workspace and name it relative to it)"
        )
    ]


def test_a_link_inside_of_the_workspace_is_followed(make, tmp_path):
    (tmp_path / "real.csv").write_text(HEADER + "V1,A,B,2012,TX\n")
    (tmp_path / "v.csv").symlink_to("real.csv")
    assert faults(make("v.csv")) == []


def test_a_file_that_changes_while_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "v.csv"
    path.write_text(HEADER)
    stats = os.fstat

    def touched(descriptor: int) -> os.stat_result:
        found = stats(descriptor)
        with path.open("a") as file:
            file.write("V1,A,B,2012,TX\n")
        return found

    monkeypatch.setattr(os, "fstat", touched)
    with pytest.raises(InputError) as caught:
        read_content(path, "v.csv", 1)
    assert str(caught.value) == (
        "v.csv: changed while it was read (run again when nothing writes to it any more)"
    )


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "v.csv").write_text(HEADER)
    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(InputError) as caught:
        read_content(tmp_path / "v.csv", "v.csv", 1)
    assert str(caught.value) == (
        "v.csv: cannot be read: Permission denied (see to its name and rights)"
    )


def test_a_huge_file_is_refused_by_its_size_alone(make, tmp_path):
    make("v.csv")
    with (tmp_path / "v.csv").open("wb") as file:
        file.truncate(40_000_000_000)
    assert bounded(tmp_path) == [
        (
            "v.csv: has 40,000 MB, more than reading.max_megabytes = 512 "
            "allows (raise the setting, or "
            "leave out what is not needed)"
        )
    ]


def test_the_limit_of_size_can_be_set(make):
    content = (HEADER + "V1,A,B,2012,TX\n" * 100_000).encode()
    assert faults(make("v.csv", content, "[reading]\nmax_megabytes = 1\n"))[0].startswith(
        "v.csv: has 2 MB, more than reading.max_megabytes = 1 allows"
    )


@pytest.mark.slow
def test_a_line_of_200_megabytes(make):
    line = HEADER.encode() + b"V1," + b"A" * 200_000_000 + b",B,2012,TX\n"
    assert bounded(make("v.csv", line)) == [
        "v.csv: line 2 is longer than 8 MiB (see whether it is a CSV file with line breaks)"
    ]


@pytest.mark.slow
def test_a_quoted_line_of_200_megabytes(make):
    line = HEADER.encode() + b'V1,"' + b"A,\n" * 66_000_000 + b",B,2012,TX\n"
    (told,) = bounded(make("v.csv", line))
    assert told.startswith("v.csv: has about 66,000,002 rows of 5 columns, more values than")


def test_a_hundred_thousand_columns(make):
    header = ",".join(f"c{number}" for number in range(100_000))
    assert bounded(make("v.csv", f"{header}\n{header}\n".encode())) == [
        (
            "v.csv: has 100,000 columns, more than reading.max_columns = 1000 allows (check the "
            "delimiter, or raise the setting)"
        )
    ]


@pytest.mark.slow
def test_a_file_of_line_breaks(make):
    (told,) = bounded(make("v.csv", b"vehicle_id,make\n" + b"\n" * 100_000_000))
    assert told.startswith("v.csv: has about 100,000,001 rows of 2 columns, more values than")


@pytest.mark.slow
def test_junk_named_csv(make):
    (told,) = bounded(make("v.csv", junk(50_000_000)))
    assert told.startswith("v.csv: ")


# Parquet


def stored(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


SMALL = stored(pl.DataFrame({"vehicle_id": ["V1", "V2"], "make": ["A", "B"]}))


@pytest.mark.parametrize("kept", [8, 40, len(SMALL) // 2, len(SMALL) - 1])
def test_truncated_parquet(make, kept):
    assert faults(make("v.parquet", SMALL[:kept])) == [
        "v.parquet: is not a whole Parquet file (write the file again)"
    ]


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        out.append(number & 127 | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def zigzag(number: int) -> bytes:
    return varint((number << 1) ^ (number >> 63))


def element(name: str, children: int = 0) -> bytes:
    """Return a schema element: type of a leaf, required, name, children."""
    text = name.encode()
    if children:
        return b"\x35\x00\x18" + varint(len(text)) + text + b"\x15" + zigzag(children) + b"\x00"
    return b"\x15\x04\x25\x00\x18" + varint(len(text)) + text + b"\x00"


def promising(schema: list[bytes], rows: int, chunks: list[tuple[int, int, int]]) -> bytes:
    """Return a file of nothing but a footer, with one group of chunks: values, unpacked, packed."""
    parts = []
    for values, unpacked, packed in chunks:
        meta = (
            b"\x15\x04\x19\x15\x00\x19\x18\x01a\x15\x00"
             b"\x16" + zigzag(values) + b"\x16" + zigzag(unpacked) + b"\x16" + zigzag(packed)
            + b"\x26" + zigzag(4) + b"\x00"
        )  # fmt: skip
        parts.append(b"\x26" + zigzag(4) + b"\x1c" + meta + b"\x00")
    head = varint(len(parts)) if len(parts) > 14 else b""
    listed = bytes([(min(len(parts), 15) << 4) | 12]) + head + b"".join(parts)
    group = b"\x19" + listed + b"\x16" + zigzag(8) + b"\x16" + zigzag(rows) + b"\x00"
    count = bytes([(min(len(schema), 15) << 4) | 12])
    count += varint(len(schema)) if len(schema) > 14 else b""
    meta = (
        b"\x15\x02\x19" + count + b"".join(schema) + b"\x16" + zigzag(rows)
        + b"\x19\x1c" + group + b"\x00"
    )  # fmt: skip
    return b"PAR1" + b"\0" * 64 + meta + struct.pack("<I", len(meta)) + b"PAR1"


FLAT = [element("schema", 1), element("a")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            promising(FLAT, 10**15, [(10**15, 10**6, 60)]),
            (
                "v.parquet: has about 1,000,000,000,000,000 rows of 1 columns, more values than "
                "reading.max_cells = 50000000 allows (raise the setting, or leave out what is not "
                "needed)"
            ),
        ),
        (
            promising(FLAT, 10, [(10**15, 10**6, 60)]),
            (
                "v.parquet: has about 1,000,000,000,000,000 rows of 1 columns, more values than "
                "reading.max_cells = 50000000 allows (raise the setting, or leave out what is not "
                "needed)"
            ),
        ),
        (
            promising(FLAT, 10, [(10, 10**15, 60)]),
            (
                "v.parquet: unpacks to 1,000,000,000 MB, more than "
                "reading.max_megabytes = 512 allows "
                "(raise the setting, or leave out what is not needed)"
            ),
        ),
        (
            promising(FLAT, 10, [(10, 80, 10**9)]),
            "v.parquet: is not a whole Parquet file (write the file again)",
        ),
        (
            promising(FLAT, -1, [(-1, 80, 60)]),
            "v.parquet: is not a whole Parquet file (write the file again)",
        ),
        (
            promising([element("schema", 2000), *[element(f"c{n}") for n in range(2000)]], 1, []),
            (
                "v.parquet: has 2,000 columns, more than reading.max_columns "
                "= 1000 allows (raise the "
                "setting, or leave out what is not needed)"
            ),
        ),
        (
            promising(
                [element("schema", 1), *[element("g", 1)] * 5000, element("a")], 1, [(1, 8, 60)]
            ),
            (
                "v.parquet: has a column nested 5001 deep (write flat columns of text, numbers and "
                "dates)"
            ),
        ),
    ],
    ids=["rows", "values", "unpacked", "packed", "negative", "columns", "nested"],
)
def test_parquet_that_promises_too_much(make, content, told):
    assert bounded(make("v.parquet", content)) == [told]


def test_a_footer_that_nests_without_end_is_no_footer():
    meta = b"\x1c" * 100_000
    with pytest.raises(footer.FooterError):
        footer.read_footer(b"PAR1" + meta + struct.pack("<I", len(meta)) + b"PAR1")


def test_the_footer_is_read_as_it_was_written():
    frame = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [[1], [2, 3], []]})
    found = footer.read_footer(stored(frame))
    assert (found.rows, found.columns, found.depth) == (4, 3, 3)
    assert not found.damaged
    wide = pl.DataFrame({f"c{number}": [0.5] * 1000 for number in range(40)})
    found = footer.read_footer(stored(wide))
    assert (found.rows, found.columns, found.depth) == (1000, 40, 1)
    assert 0 < found.packed < len(stored(wide))


@pytest.mark.slow
def test_parquet_that_repeats_one_value_for_ever_is_weighed_by_its_values(make):
    frame = pl.DataFrame({"vehicle_id": pl.repeat("V1", 60_000_000, eager=True)})
    (told,) = bounded(make("v.parquet", stored(frame)))
    assert told.startswith("v.parquet: has about 60,000,000 rows of 1 columns, more values than")


@pytest.mark.parametrize("seed", range(3))
def test_parquet_with_flipped_bytes_never_ends_the_process(make, tmp_path, seed):
    """Pages that lie about their sizes included: every byte is spoiled in turn."""
    rng = random.Random(seed)
    frame = pl.DataFrame(
        {"vehicle_id": [f"V{n}" for n in range(300)], "make": ["A", "B", None] * 100}
    )
    whole = stored(frame)
    make("v.parquet")
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(len(content))] = rng.choice([0, 1, 127, 128, 255])
        (tmp_path / "v.parquet").write_bytes(bytes(content))
        assert all(fault.startswith("v.parquet") for fault in faults(tmp_path))


# Excel


def sheet_xml(cells: str, more: str = "") -> str:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
        f'2006/main">{more}<sheetData>{cells}</sheetData></worksheet>'
    )


def workbook(rows: list[list[object]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Stock")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return target.getvalue()


PLAIN = workbook([["vehicle_id", "make"], ["V1", "A"]])


def replaced(parts: dict[str, str | bytes], *, without: str = "") -> bytes:
    """Return a workbook with parts put in the place of its own, or added."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(PLAIN)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name == without:
                continue
            new.writestr(name, parts.get(name, old.read(name)))
        for name in sorted(set(parts) - set(old.namelist())):
            new.writestr(name, parts[name])
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def lying(content: bytes, size: int) -> bytes:
    """Return an archive whose directory states another size for the sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        stated = archive.getinfo(SHEET).file_size
    assert content.count(struct.pack("<I", stated)) >= 2
    return content.replace(struct.pack("<I", stated), struct.pack("<I", size))


AGAIN = " (open it in Excel and save it anew as .xlsx, without a password; or save as CSV)"


def bomb() -> bytes:
    """Return a workbook of 700 MB of blanks."""
    head, tail = sheet_xml("|").split("|")
    target = io.BytesIO(replaced({}, without=SHEET))
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(SHEET, "w") as sheet,
    ):
        sheet.write(head.encode())
        for _ in range(700):
            sheet.write(b" " * 1_000_000)
        sheet.write(tail.encode())
    return target.getvalue()


@pytest.mark.slow
def test_a_zip_bomb(make):
    content = bomb()
    assert len(content) < 2_000_000
    told = [f"v.xlsx: unpacks to more than 512 MB{AGAIN}"]
    assert bounded(make("v.xlsx", content)) == told
    assert bounded(make("v.xlsx", lying(content, 1000))) == told


def cell(place: str) -> str:
    return f'<c r="{place}"><v>1</v></c>'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            replaced({SHEET: sheet_xml(f'<row r="1">{cell("A1")}</row><row r="1048576">'
                                       f'{cell("XFD1048576")}</row>')}),
            ("v.xlsx: has 16,384 columns, more than reading.max_columns = 1000 allows (raise the "
            "setting, or leave out what is not needed)"),
        ),
        (
            replaced({SHEET: sheet_xml(f'<row r="1">{cell("A1")}</row><row r="1048576">'
                                       f'{cell("ALL1048576")}</row>')}),
            ("v.xlsx: has about 1,048,576 rows of 1,000 columns, more values than "
            "reading.max_cells = 50000000 allows (raise the setting, or leave out what is not "
            "needed)"),
        ),
        (
            replaced({SHEET: sheet_xml('<row r="1"><c><v>1</v></c></row>')}),
            f"v.xlsx: has cells that do not tell their place{AGAIN}",
        ),
        (
            replaced({f"xl/media/{n}.bin": b"" for n in range(6000)}),
            None,
        ),
        (
            PLAIN[: len(PLAIN) // 2],
            f"v.xlsx: is not an Excel workbook{AGAIN}",
        ),
        (
            replaced({}).replace(b"xl/workbook.xml", b"xl/wordbook.xml"),
            f"v.xlsx: is not an Excel workbook{AGAIN}",
        ),
    ],
    ids=["far corner", "large", "placeless", "parts", "cut", "no workbook"],
)  # fmt: skip
def test_workbooks_that_would_burst(make, content, told):
    found = bounded(make("v.xlsx", content))
    if told is None:
        assert found[0].startswith("v.xlsx: has 6,0")
        assert found[0].endswith(f"parts, as no workbook has{AGAIN}")
    else:
        assert found == [told]


@pytest.mark.parametrize(
    "parts",
    [
        {
            "xl/sharedStrings.xml": '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
            '2006/main" count="4294967295" uniqueCount="4294967295"><si><t>x</t></si></sst>'
        },
        {SHEET: sheet_xml(f'<row r="1">{cell("A1")}</row>', '<dimension ref="A1:XFD1048576"/>')},
        {
            SHEET: '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
            + sheet_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>')
        },
        {SHEET: sheet_xml(f'<row r="1">{cell("A99999999999")}</row>')},
        {SHEET: sheet_xml('<row r="1"><c r="A1" t="s"><v>99999999</v></c></row>')},
        {SHEET: "<worksheet><sheetData><row"},
        {SHEET: b"\xff\xfe\x00"},
    ],
    ids=["strings", "dimension", "entities", "row", "string index", "torn xml", "no xml"],
)
def test_workbooks_that_lie_about_themselves_are_told(make, parts):
    found = bounded(make("v.xlsx", replaced(parts)))
    assert found
    assert found[0].startswith("v.xlsx")


def test_overlapping_parts_are_refused(make):
    """Two parts of one place in the file: the trick by which small archives hold petabytes."""
    content = bytearray(replaced({"xl/z.xml": "z" * 100}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        last, first = archive.getinfo("xl/z.xml"), archive.infolist()[0]
    entry = bytes(content).rfind(b"PK\1\2")
    content[entry + 42 : entry + 46] = struct.pack("<I", first.header_offset)
    assert last.header_offset != first.header_offset
    assert faults(make("v.xlsx", bytes(content))) == [f"v.xlsx: has parts that overlap{AGAIN}"]


def test_an_encrypted_part_is_told(make):
    content = bytearray(PLAIN)
    at = 0
    while (at := bytes(content).find(b"PK\1\2", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    assert faults(make("v.xlsx", bytes(content))) == [f"v.xlsx: is protected by a password{AGAIN}"]


@pytest.mark.slow
def test_cells_in_error_without_end_do_not_hold_the_reader_up(make):
    cells = "".join(
        f'<c r="A{row}" t="e" t="e" t="e"><f>1</f><w/></c>' for row in range(1, 400_000)
    )
    found = bounded(make("v.xlsx", replaced({SHEET: sheet_xml(f'<row r="1">{cells}</row>')})))
    assert found[0].startswith("v.xlsx")
