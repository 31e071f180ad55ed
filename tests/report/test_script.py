"""The script of live charts is bundled once, and kept in the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest
import vl_convert

from auction.report import script

TEXT = "window.vegaEmbed = 'Ä';"


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was bundled; an empty cache to keep it in, and nothing in memory."""
    calls: list[str] = []

    def count(snippet: str) -> str:
        calls.append(snippet)
        return TEXT

    monkeypatch.setattr(vl_convert, "javascript_bundle", count)
    # not the remembered function, which other tests of this process have asked already
    monkeypatch.setattr(script, "bundle", script.bundle.__wrapped__)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return calls


def kept() -> list[Path]:
    folder = script.kept_in()
    assert folder is not None
    return list(folder.iterdir())


def test_it_is_bundled_once_for_a_release(
    bundled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [script.bundle() for _ in range(3)] == [TEXT] * 3
    assert len(bundled) == 1
    (file,) = kept()
    assert file.parent.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(script, "version", lambda _: "of tomorrow")
    assert script.bundle() == TEXT
    assert len(bundled) == 2
    assert len(kept()) == 2


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff\xfe"], ids=["cut", "changed", "not text"])
def test_what_is_damaged_is_bundled_anew(bundled: list[str], damage: bytes) -> None:
    script.bundle()
    (file,) = kept()
    whole = file.read_bytes()
    file.write_bytes(whole[:-4] + damage)
    assert script.bundle() == TEXT
    assert len(bundled) == 2
    assert file.read_bytes() == whole


def test_without_a_home_it_is_bundled_each_time(
    bundled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", nowhere)
    assert [script.bundle() for _ in range(2)] == [TEXT] * 2
    assert len(bundled) == 2


def test_without_a_cache_it_is_bundled_each_time(
    bundled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [script.bundle() for _ in range(2)] == [TEXT] * 2
    assert len(bundled) == 2


def test_nothing_half_written_is_left(bundled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert script.bundle() == TEXT
    assert kept() == []


def test_a_relative_place_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert script.kept_in() == tmp_path / ".cache" / "residual-auction"


def test_a_script_that_ends_its_element_is_refused(
    bundled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda _: "'</SCRIPT>'")
    with pytest.raises(ValueError, match="cannot stand inside a page"):
        script.bundle()


def test_a_folder_that_others_may_write_to_is_left_alone(bundled: list[str]) -> None:
    script.bundle()
    (file,) = kept()
    file.parent.chmod(0o777)
    assert script.bundle() == TEXT
    assert len(bundled) == 2
