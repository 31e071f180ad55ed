"""What the browser lets the page do: run its own two scripts, and reach nothing outside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence


def content_policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Return the Content-Security-Policy of a page.

    Nothing may be loaded from anywhere, by any means. Styles and scripts are allowed by the
    hash of their text alone, so that text which slips in from a table can neither run nor
    restyle the page, and no script may be made from text (``eval``): Vega interprets its
    expressions instead of compiling them.

    Parameters
    ----------
    styles, scripts : sequence of str
        The text of each ``style`` and ``script`` element, exactly as it stands in the page.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {_allowed(styles)}",
            f"script-src {_allowed(scripts)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _allowed(texts: Sequence[str]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    return " ".join(f"'sha256-{value}'" for value in hashes)
