"""The report as one HTML file that needs nothing else: no script, no font, no address; light and dark."""

from __future__ import annotations

from pathlib import PurePath

from relknit.data.doctor.findings import DoctorReport
from relknit.data.doctor.fix import FixReport
from relknit.page import render


def report_html(report: DoctorReport, fixed: FixReport | None = None) -> str:
    """The whole page; every word that comes from the data is escaped."""
    overlaps = [overlap for overlap in report.overlaps if overlap.near]
    return render(
        "data/doctor/doctor_page.html", heading=_heading(report), report=report, overlaps=overlaps, fixed=fixed
    )


def _heading(report: DoctorReport) -> str:
    """The file with its folder, or the folders of several files."""
    paths = [PurePath(file.path) for file in report.files]
    if len(paths) == 1:
        return f"{paths[0].parent.name}/{paths[0].name}" if paths[0].parent.name else paths[0].name
    return ", ".join(sorted({path.parent.name or str(path.parent) for path in paths}))
