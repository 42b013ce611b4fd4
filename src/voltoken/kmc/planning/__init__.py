"""Planning how meters get from one vending key to another, and what follows when a key is lost.

Lists of meters and tokens come in as lines of text; what the centre holds comes as its ``State``. Nothing is
changed here: a plan says what stands where, what is in the way, and what to ask the centre for next.
"""

from voltoken.kmc.planning.columns import METER_COLUMNS, TOKEN_COLUMNS, WINDOW_DEFAULT, Column
from voltoken.kmc.planning.curve import CurvePoint, Milestone, milestones, points
from voltoken.kmc.planning.drill import Drill, Subject, drill, values_of
from voltoken.kmc.planning.exposure import SHARES, Exposure, exposure, visits_needed
from voltoken.kmc.planning.extension import MARGIN_DAYS, Extension, plan_extension
from voltoken.kmc.planning.findings import Finding
from voltoken.kmc.planning.holdings import Hold, MeterHoldings, ModuleHolding, meters_on
from voltoken.kmc.planning.reading import read_meters, read_tokens
from voltoken.kmc.planning.recovery import Measure, change_plan, report
from voltoken.kmc.planning.revision import (
    RevisionPlan,
    RevisionStep,
    Standing,
    Target,
    clock_of,
    plan_revision,
)
from voltoken.kmc.planning.rollover import (
    check_base_date,
    check_way,
    current_key,
    free_krns,
    latest_base_date,
    next_krn,
)
from voltoken.kmc.planning.values import (
    DAYS_MAX,
    VISITS_MAX,
    WAVES_MAX,
    Cadence,
    Fault,
    Faults,
    Issued,
    Meter,
    MeterList,
    Setup,
    TokenList,
    Wave,
    WavePlan,
)
from voltoken.kmc.planning.waves import Sorted, even_waves, later, plan_of, sort_into_waves

__all__ = [
    "Cadence",
    "Column",
    "CurvePoint",
    "DAYS_MAX",
    "Drill",
    "Exposure",
    "Extension",
    "Fault",
    "Faults",
    "Finding",
    "Hold",
    "Issued",
    "MARGIN_DAYS",
    "METER_COLUMNS",
    "Measure",
    "Meter",
    "MeterHoldings",
    "MeterList",
    "Milestone",
    "ModuleHolding",
    "RevisionPlan",
    "RevisionStep",
    "SHARES",
    "Setup",
    "Sorted",
    "Standing",
    "Subject",
    "TOKEN_COLUMNS",
    "Target",
    "TokenList",
    "VISITS_MAX",
    "WAVES_MAX",
    "WINDOW_DEFAULT",
    "Wave",
    "WavePlan",
    "change_plan",
    "check_base_date",
    "check_way",
    "clock_of",
    "current_key",
    "drill",
    "even_waves",
    "exposure",
    "free_krns",
    "later",
    "latest_base_date",
    "meters_on",
    "milestones",
    "next_krn",
    "plan_extension",
    "plan_of",
    "plan_revision",
    "points",
    "read_meters",
    "read_tokens",
    "report",
    "sort_into_waves",
    "values_of",
    "visits_needed",
]
