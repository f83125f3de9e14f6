"""The data doctor: checks the format and the quality of datasets, and explains how to fix everything it finds.

Some findings concern one line; others only show across lines and files: copies, leaks, spellings, cut names, lengths.
"""

from relknit.data.doctor.doctor_page import report_html
from relknit.data.doctor.examine import examine
from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FindingGroup, Overlap
from relknit.data.doctor.fix import FixReport, fix
from relknit.data.doctor.kinds import KINDS

__all__ = [
    "KINDS",
    "DoctorFinding",
    "DoctorReport",
    "FindingGroup",
    "FixReport",
    "Overlap",
    "examine",
    "fix",
    "report_html",
]
