from __future__ import annotations

import subprocess
import sys

import relknit.text


def test_every_public_name_exists_and_has_a_docstring() -> None:
    assert all(getattr(relknit.text, name).__doc__ for name in relknit.text.__all__)


def test_public_names_are_these() -> None:
    assert set(relknit.text.__all__) == {
        *("Token", "tokenise", "sentence_spans", "windows", "align", "join_tokens"),
        *("repair_token", "repair_tokens", "normalise_token"),
    }


def test_importing_it_imports_no_torch() -> None:
    code = "import sys, relknit.text; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
