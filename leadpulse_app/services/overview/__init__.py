"""What the overview tells of a project: its figures, its stages, and who moved."""

from leadpulse_app.services.overview.distribution import (
    Bin,
    Distribution,
    read_distribution,
)
from leadpulse_app.services.overview.figures import (
    SHOWN_TYPES,
    Figure,
    Figures,
    MedianTime,
    TypeSeries,
    read_figures,
)
from leadpulse_app.services.overview.movers import (
    LISTED,
    SILENT_AFTER,
    Cooling,
    Heating,
    Mover,
    Movers,
    Qualified,
    read_movers,
)

__all__ = [
    "LISTED",
    "SHOWN_TYPES",
    "SILENT_AFTER",
    "Bin",
    "Cooling",
    "Distribution",
    "Figure",
    "Figures",
    "Heating",
    "MedianTime",
    "Mover",
    "Movers",
    "Qualified",
    "TypeSeries",
    "read_distribution",
    "read_figures",
    "read_movers",
]
