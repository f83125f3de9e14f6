"""Build the documentation site: `make docs`, or `python docs/make_site.py`. Any warning is an error. Needs relknit[docs].

Pages are gathered in OUT/pages, the site stands in OUT/html and can be opened from there; nothing is fetched.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from builder.check import check_site
from builder.commands import commands_page
from builder.equations import equations_page
from builder.pages import PageError, gather
from builder.reference import read_package, reference_pages
from builder.settings import settings_page

ROOT = Path(__file__).resolve().parents[1]


def write_pages(out: Path) -> None:
    """Every page of the site as Markdown, gathered or generated, in a new folder. Raises PageError."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    gather(ROOT, out)
    equations = out / "equations.md"
    generated = reference_pages(read_package(ROOT / "src")) | {
        "commands.md": commands_page(),
        "settings.md": settings_page(),
        "equations.md": equations_page(equations.read_text(encoding="utf-8"), ROOT),
    }
    for name, text in generated.items():
        (out / name).write_text(text, encoding="utf-8")


def main() -> int:
    """Build and check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "docs")
    out = parser.parse_args().out.resolve()
    try:
        write_pages(out / "pages")
    except PageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    shutil.rmtree(out / "html", ignore_errors=True)
    sphinx = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--fresh-env", "-j", "auto", "-b", "html"]
    config = str(ROOT / "docs" / "builder")
    done = subprocess.run([*sphinx, "-c", config, "-d", str(out / "cache"), str(out / "pages"), str(out / "html")])
    if done.returncode:
        return 1
    complaints = check_site(out / "html")
    sys.stderr.writelines(f"error: {complaint}\n" for complaint in complaints)
    if not complaints:
        sys.stdout.write(f"{out / 'html' / 'index.html'}\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
