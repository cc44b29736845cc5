"""From raw employment records to a panel of residual wages."""

from jobteams_lab.records.censored_regression import (
    CensoredRegression,
    censored_regression,
)
from jobteams_lab.records.employment_records import MonthlyPanel, monthly_panel
from jobteams_lab.records.residual_wages import ResidualWages, residual_wages
from jobteams_lab.records.synthetic_records import SyntheticRecords, synthetic_records
from jobteams_lab.records.top_coding import TopCoding, impute_top_coded

__all__ = [
    "CensoredRegression",
    "MonthlyPanel",
    "ResidualWages",
    "SyntheticRecords",
    "TopCoding",
    "censored_regression",
    "impute_top_coded",
    "monthly_panel",
    "residual_wages",
    "synthetic_records",
]
