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


def without_guard(cell: str) -> str:
    """Return a cell's text without the apostrophe that `spreadsheet_safe` adds."""
    is_guarded = cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS)
    return cell[1:] if is_guarded else cell
