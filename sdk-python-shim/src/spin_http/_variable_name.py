"""The names that a variable can have."""

from __future__ import annotations

import re


def problem_of_name(name: str) -> str | None:
    """Why no variable can have this name: the rule of Spin, which the host applies. None if one can.

    A name is words of ASCII letters and digits in lower case, joined by single underscores. Each word starts with a letter.
    """
    if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", name):
        return None
    return (
        "use lower-case ASCII letters and digits in words joined by `_`; "
        "each word starts with a letter"
    )
