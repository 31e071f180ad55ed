"""The policy that the documentation judges is judged as the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from auction.policies import NearestAuction, Optimal, Policy
from auction.policies.all_auction import AllAuction
from auction.policies.genetic import Genetic
from auction.policies.greedy import Greedy
from auction.policies.highest_guide import HighestGuide
from auction.sample import write_sample

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models" / "policies.md"


@pytest.mark.slow
def test_a_policy_of_one_s_own_is_judged_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sample(tmp_path / "my-lender")
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 8
    told: list[str] = []
    result = doctest.DocTestRunner().run(test, out=told.append)
    assert not result.failed, "".join(told)


def test_the_page_names_every_policy() -> None:
    table = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    ours: tuple[Policy, ...] = (Optimal(), Optimal(name="plan_neutral"))
    others = (Greedy(), NearestAuction(), AllAuction(), HighestGuide(), Genetic())
    named = [policy.name for policy in (*ours, *others)]
    assert table[: len(named)] == named
