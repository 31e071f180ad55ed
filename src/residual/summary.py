"""What was fitted, told in a few lines."""

from __future__ import annotations

from residual.fitted import Fitted
from residual.guide import SUPPORT
from residual.guided import GuidedTrees


def summary(model: Fitted) -> str:
    """Tell in a few lines what was fitted."""
    sd = {name: model.hedonic.variances[name] ** 0.5 for name in ("make", "model", "variant")}
    lines = [
        f"residual model as of {model.as_of.isoformat()}",
        *(f"{name}: {count}" for name, count in model.counts.items()),
        "spread of effects: " + ", ".join(f"{k} {v:.3f}" for k, v in sd.items()),
        f"market: {model.market.source}; sd of today's level {model.initial_sd:.4f}",
        *model.bidding.words(),
        f"scrap: {model.scrap.source}",
        f"guide: {_guide(model)}",
        *model.notes,
    ]
    return "\n".join(lines)


def _guide(model: Fitted) -> str:
    if model.guide is None:
        return "not used"
    if isinstance(model.guide, GuidedTrees):
        return "boosted trees tell how prices lie to it"
    return ", ".join(
        f"{name} {share.mean():.2f}" for name, share in zip(SUPPORT, model.guide.share, strict=True)
    )
