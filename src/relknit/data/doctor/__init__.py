"""The data doctor: how good a dataset is, beyond being in the format, with a mend for everything found.

`relknit.data.check` answers quickly whether a dataset is in the format and can be trained on; the doctor looks at the same
symptoms and at what only shows across lines and files: copies, leaks, spellings, cut names, lengths.
"""

from relknit.data.doctor.doctor_page import report_html
from relknit.data.doctor.examine import examine
from relknit.data.doctor.findings import FileSummary, Finding, Group, Overlap, Report
from relknit.data.doctor.fix import FixReport, Left, MendedFile, fix
from relknit.data.doctor.kinds import KINDS, Kind

__all__ = [
    "KINDS",
    "FileSummary",
    "Finding",
    "FixReport",
    "Group",
    "Kind",
    "Left",
    "MendedFile",
    "Overlap",
    "Report",
    "examine",
    "fix",
    "report_html",
]
