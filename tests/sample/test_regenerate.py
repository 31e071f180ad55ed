"""The committed sample is what its generator makes, and what the product reads without a fault."""

import shutil
import subprocess
import sys

import polars as pl

from auction.workspace.reading import load_workspace


def _check(folder, repository):
    return subprocess.run(
        [sys.executable, repository / "data" / "generate.py", "--check", "--out", folder],
        capture_output=True,
        text=True,
        check=False,
    )


def test_regenerated_equals_committed(sample_folder):
    result = _check(sample_folder, sample_folder.parents[1])
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_changed_and_a_lost_file_are_told(sample_folder, tmp_path):
    copy = tmp_path / "sample"
    shutil.copytree(sample_folder, copy)
    text = (copy / "tariffs.csv").read_text()
    (copy / "tariffs.csv").write_text(text.replace(",4,", ",5,", 1))
    (copy / "index.parquet").unlink()
    result = _check(copy, sample_folder.parents[1])
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "index.parquet differs or is absent",
        "tariffs.csv differs or is absent",
    ]


def test_the_product_reads_every_row(sample_folder):
    workspace = load_workspace(sample_folder)
    assert workspace.rejected == {}
    assert sum(counts.rejected for counts in workspace.counts.values()) == 0
    assert workspace.counts["index"].excluded == {"released after as_of": 2}
    left_out = {name: c.excluded for name, c in workspace.counts.items() if c.excluded}
    assert list(left_out) == ["index"]


def test_a_workspace_of_another_size_is_made_in_proportion(tmp_path, sample_folder):
    asked = ["--out", tmp_path, "--vehicles", "1210", "--offerings", "500"]
    made = [sys.executable, sample_folder.parent / "generate.py", *asked]
    subprocess.run([*map(str, made)], check=True, capture_output=True)
    workspace = load_workspace(tmp_path)
    assert workspace.tables["vehicles"].height == 1210
    assert workspace.tables["sales"].height == 500
    slots = [
        pl.read_csv(folder / "events.csv")["capacity"].sum() for folder in (sample_folder, tmp_path)
    ]
    assert slots[1] == 2 * slots[0]


def test_the_bundled_sample_has_one_size(sample_folder):
    made = [sys.executable, sample_folder.parent / "generate.py", "--vehicles", "10"]
    done = subprocess.run([*map(str, made)], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "name another folder with --out" in done.stderr
