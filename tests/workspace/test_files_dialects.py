"""Encodings and delimiters: detected where the bytes prove them, asked for where they do not."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auction.workspace import check_workspace, load_workspace
from auction.workspace.files import read_raw
from auction.workspace.sources import TableSource
from residual.errors import InputError

LENIENT = "[rejects]\nmax_share = 0.9\n"
HEAD = "vehicle_id,make,model,model_year,region\n"

WESTERN = "V1,Citroën,C3 Aircross,2012,São Paulo\nV2,Škoda,Škoda Enyaq – coupé,2012,Besançon\n"
CHINESE = "V1,丰田,凯美瑞,2012,广东\nV2,比亚迪,秦,2012,上海\nV3,大众,朗逸,2012,四川\n"


def raw(content: bytes, **settings: object) -> tuple[list[tuple[object, ...]], tuple[str, ...]]:
    table = read_raw(content, TableSource(file="v.csv", **settings))  # type: ignore[arg-type]
    return table.frame.rows(), table.read_as


def refused(content: bytes, **settings: object) -> str:
    with pytest.raises(InputError) as caught:
        raw(content, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("rows", "codec", "told"),
    [
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN, "utf-8-sig", "utf-8"),
        (WESTERN, "utf-16", "utf-16-le"),
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-16", "utf-16-le"),
        (CHINESE, "gb18030", "gb18030"),
        (WESTERN, "cp1252", "cp1252"),
        (WESTERN.replace("–", "-"), "cp1252", "cp1252"),
        ("V1,A,prix 500 €,2012,l’Île\n", "cp1252", "cp1252"),
        ("V1,A,Größe,2012,München\n", "iso-8859-1", "cp1252"),
        ("V1,A,B,2012,TX\n", "ascii", "utf-8"),
    ],
)
def test_an_encoding_is_detected(rows, codec, told):
    found, read_as = raw((HEAD + rows).encode(codec))
    assert found == [tuple(line.split(",")) for line in rows.splitlines()]
    assert read_as == (told, "delimiter ','")


def test_utf_16_of_the_other_end_is_detected_by_its_mark():
    content = b"\xfe\xff" + (HEAD + CHINESE).encode("utf-16-be")
    assert raw(content)[1][0] == "utf-16-be"


@pytest.mark.parametrize(
    ("rows", "codec"),
    [
        ("V1,A,łódź żółw,2012,Wrocław\nV2,A,źdźbło ą,2012,Kraków\n", "cp1250"),
        ("V1,Лада,Веста,2012,Москва\nV2,Лада,Гранта,2012,Казань\n", "cp1251"),
        ("V1,현대자동차,쏘나타,2012,서울\nV2,기아,소렌토,2012,부산\n", "euc_kr"),
        ("V1,トヨタ,カムリ,2012,東京\nV2,ホンダ,フィット,2012,大阪\n", "euc_jp"),
        ("V1,トヨタ,カムリ,2012,東京\nV2,ホンダ,フィット,2012,大阪\n", "shift_jis"),
        ("V1,豐田,凱美瑞,2012,臺北\nV2,國瑞,冠美麗,2012,高雄\n", "big5"),
    ],
)
def test_other_encodings_are_asked_for_and_read_when_stated(rows, codec):
    content = (HEAD + rows).encode(codec)
    assert refused(content) == (
        "v.csv: is not UTF-8, and its bytes do not prove another encoding: see line 2 (save it as "
        "UTF-8 or set encoding, such as gb18030 or cp1252)"
    )
    if codec != "euc_jp":
        assert raw(content, encoding=codec)[0][0][1] == rows.split(",")[1]


def test_a_stated_encoding_wins_over_what_the_bytes_prove():
    content = (HEAD + "V1,A,é,2012,TX\n").encode()
    assert raw(content, encoding="cp1252")[0][0][2] == "Ã©"


def test_bytes_that_are_not_of_the_stated_encoding_are_told_with_their_line():
    content = (HEAD + "V1,A,é,2012,TX\n").encode("cp1252")
    assert refused(content, encoding="utf-8") == (
        "v.csv: is not utf-8: line 2 holds other bytes (save it as UTF-8 or set encoding)"
    )
    long = (HEAD + "V1,A,ä,2012,TX\n" * 100_000).encode() + b"V2,\xff,B,2012,TX\n"
    assert "line 100002 holds other bytes" in refused(long, encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_detected(delimiter):
    rows = [["a", "b", "c"], ["1,5", "x; y", "2|3"], ["2", "", "7\t8"]]
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter).writerows(rows)
    found, read_as = raw(target.getvalue().encode())
    # Blanks around a value are cut.
    assert found == [("1,5", "x; y", "2|3"), ("2", None, "7\t8")]
    assert read_as[1] == ("delimiter tab" if delimiter == "\t" else f"delimiter {delimiter!r}")


def test_decimal_commas_do_not_pass_for_delimiters():
    assert raw(b"a;b\n1,5;2,5\n3,5;4,5\n")[0] == [("1,5", "2,5"), ("3,5", "4,5")]
    assert raw(b"a, net;b\n15;2\n3;4,5\n")[0] == [("15", "2"), ("3", "4,5")]


def test_two_delimiters_that_both_fit_are_asked_for():
    assert refused(b"a,b;c\n1,2;3\n4,5;6\n") == (
        "v.csv: may be parted by ',' or ';' (set delimiter, such as delimiter = ',')"
    )
    assert raw(b"a,b;c\n1,2;3\n4,5;6\n", delimiter=";")[0] == [("1,2", "3"), ("4,5", "6")]


def test_one_column_needs_no_delimiter():
    assert raw(b"a\n1\n2\n")[0] == [("1",), ("2",)]


def test_line_ends_of_every_kind():
    for end in ("\n", "\r\n", "\r"):
        assert raw(f"a,b{end}1,2{end}3,{end}".encode())[0] == [("1", "2"), ("3", None)]


def test_a_header_further_down():
    content = b"Stock list, June\n\nvehicle;make\nV1;A\n"
    assert raw(content, header_row=3)[0] == [("V1", "A")]
    assert refused(content, header_row=9) == (
        "v.csv: ends before line 9, its header_row (mend header_row)"
    )


def test_names_given_twice_or_left_blank():
    assert refused(b"a,b,a\n1,2,3\n") == (
        "v.csv: the header names 'a' twice (give each column a name of its own)"
    )
    assert refused(b"a,,\n1,2,3\n") == (
        "v.csv: the header has two blank names (give each column a name of its own)"
    )


def test_what_was_detected_is_recorded_and_given_to_the_check(build, tmp_path):
    path = build()
    text = "vehicle_id;make;model;model_year;region;recovered_on;odometer\n" + "".join(
        f"V{day};Citroën;C3;2012;Île;{day:02}/01/2015;{day}.500,5\n" for day in range(1, 20)
    )
    (tmp_path / "vehicles.csv").write_bytes(text.encode("cp1252"))
    report = check_workspace(path)
    assert report.ok
    assert report.counts["vehicles"].read_as == (
        "cp1252", "delimiter ';'", "dates %d/%m/%Y", "odometer decimal ',' thousands '.'",
    )  # fmt: skip
    assert load_workspace(path).tables["vehicles"]["odometer"][0] == 1500.5


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",;|\n')),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    ),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_csv_writer_writes_is_read_back(rows, delimiter, quoting, end):
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([["a", "b", "c"], *rows])
    found, _ = raw(target.getvalue().encode(), delimiter=delimiter, encoding="utf-8")
    assert found == [tuple(value.strip() or None for value in row) for row in rows]
