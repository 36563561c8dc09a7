"""Replaces ctypes.util."""


def find_library(name: str) -> None:
    """No library is found."""


def dllist() -> list[str]:
    """No library is loaded."""
    return []
