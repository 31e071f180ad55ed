"""What is not spoken to, and what is said of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auction.cli import app
from auction.cluster import Cluster, cluster, crew
from auction.cluster.address import CERTIFICATES, judge
from auction.errors import ClusterError, MissingExtraError
from benchmarks.allocation.fleets import draw, family
from cluster_workers import Unloadable, temporary
from small_workspace import cut_sample


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.5:8786", "tcp://scheduler.example:8786", "tcp://[2001:db8::1]:8786",
     "tcp://127.0.0.1.example:8786", "tcp://0.0.0.0:8786"],
)  # fmt: skip
def test_other_machines_are_never_spoken_to_in_the_clear(address: str) -> None:
    with pytest.raises(ClusterError, match="in the clear"):
        Cluster(address)


@pytest.mark.parametrize(
    "address",
    ["", "8786", "scheduler.example", "tls://scheduler.example", "tls://:8786", "inproc://a/1",
     "ucx://10.0.0.5:8786", "tls://host:port", "tls://host:8786/path", "tls://host:99999",
     "tls://[::1:8786"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match="is no address of a scheduler"):
        Cluster(address)


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:8786", "tcp://127.8.0.1:1", "tcp://localhost:8786", "tcp://[::1]:8786",
     "tls://10.0.0.5:8786"],
)  # fmt: skip
def test_this_machine_and_tls_are_spoken_to(address: str) -> None:
    assert judge(address) == address[:3]


def test_tls_asks_for_certificates(
    monkeypatch: pytest.MonkeyPatch, certificates: dict[str, str], tmp_path: Path
) -> None:
    for name in CERTIFICATES.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPOSAL_TLS_CA", certificates["DISPOSAL_TLS_CA"])
    with pytest.raises(ClusterError, match="set DISPOSAL_TLS_CERTIFICATE, DISPOSAL_TLS_KEY to"):
        Cluster("tls://10.0.0.5:8786")
    for name, file in certificates.items():
        monkeypatch.setenv(name, file)
    monkeypatch.setenv("DISPOSAL_TLS_KEY", str(tmp_path / "absent.pem"))
    with pytest.raises(ClusterError, match=r"DISPOSAL_TLS_KEY: .*absent.pem: No such file"):
        Cluster("tls://10.0.0.5:8786")
    (tmp_path / "garbled.pem").write_text("not a key", encoding="utf-8")
    monkeypatch.setenv("DISPOSAL_TLS_KEY", str(tmp_path / "garbled.pem"))
    with pytest.raises(ClusterError, match="certificates cannot be used"):
        Cluster("tls://127.0.0.1:8786")


def test_nobody_at_the_address(security: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT", 0.5)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9 cannot be reached"):
        Cluster("tcp://127.0.0.1:9")


def test_other_certificates_are_not_trusted(
    pair: Any, security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_CONNECT", 1.0)
    with pytest.raises(ClusterError, match="cannot be reached"):
        Cluster(pair.scheduler_address, security=temporary())


def test_a_worker_elsewhere_in_the_clear_is_refused(
    pair: Any, security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import distributed

    def nthreads(client: Any, **_: Any) -> dict[str, int]:
        return {"tcp://10.0.0.5:4000": 1}

    monkeypatch.setattr(distributed.Client, "nthreads", nthreads)
    with pytest.raises(ClusterError, match=r"the worker tcp://10.0.0.5:4000 would be spoken to"):
        Cluster(pair.scheduler_address, security=security)


def test_workers_of_another_release_are_refused(
    pair: Any, security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "release", lambda: "residual-auction 9.9")
    options = draw(family("tight"), 20, slots=3, scenarios=8)
    with (
        Cluster(pair.scheduler_address, security=security) as joined,
        pytest.raises(ClusterError, match=r"has residual-auction .*, this machine .* 9\.9"),
    ):
        joined.place(options)


def test_workers_without_the_engine_are_told_of(
    pair: Any, security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "Holder", Unloadable)
    options = draw(family("tight"), 20, slots=3, scenarios=8)
    with (
        Cluster(pair.scheduler_address, security=security) as joined,
        pytest.raises(ClusterError, match=r"cannot load the engine: No module .*; install"),
    ):
        joined.place(options)


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="residual-auction\\[cluster\\]"):
        Cluster("tcp://127.0.0.1:8786")


def test_blocks_must_be_one_at_least() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Cluster("tcp://127.0.0.1:8786", blocks=0)


def test_the_command_refuses_with_code_2_and_writes_nothing(tmp_path: Path) -> None:
    workspace = cut_sample(tmp_path / "workspace")
    run = tmp_path / "run"
    command = ["plan", str(workspace), "--out", str(run), "--scheduler", "tcp://10.0.0.5:8786"]
    ended = CliRunner().invoke(app, [*command, "--json"])
    assert ended.exit_code == 2
    assert "in the clear" in json.loads(ended.stdout)["error"]["message"]
    assert not run.exists()


@pytest.mark.slow
def test_the_command_plans_on_workers(
    pair: Any, certificates: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, file in certificates.items():
        monkeypatch.setenv(name, file)
    workspace = cut_sample(tmp_path / "workspace")
    command = ["plan", str(workspace), "--quiet", "--out"]
    alone = CliRunner().invoke(app, [*command, str(tmp_path / "alone")])
    there = CliRunner().invoke(
        app, [*command, str(tmp_path / "there"), "--scheduler", pair.scheduler_address]
    )
    assert (alone.exit_code, there.exit_code) == (0, 0), there.output
    for name in ("assignments.parquet", "frontier.parquet", "shadow_prices.parquet"):
        one, other = (tmp_path / run / name for run in ("alone", "there"))
        assert one.read_bytes() == other.read_bytes()
