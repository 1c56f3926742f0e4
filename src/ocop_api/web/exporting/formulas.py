"""Texts that a spreadsheet would run as a formula: written with an apostrophe, read without it."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """The text as a cell of a CSV file that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_STARTS) else text


def as_meant(cell: str) -> str:
    """What a cell written by ``defused`` stood for; any other cell as it is."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_STARTS) else cell
