"""Cells that a spreadsheet shows as they are, and never runs."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for the beginning of a formula (OWASP, "CSV injection").

The last four are the full-width forms of `=`, `+`, `-` and `@`.
"""


def spreadsheet_safe(cell: str | None) -> str:
    """Return a cell's text, with an apostrophe before what would be a formula."""
    if cell is None:
        return ""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
