import subprocess
import sys

import pytest

from relknit.errors import RelknitError
from relknit.training.lock import locked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no flock there")


def test_a_second_process_is_refused_while_the_first_trains(tmp_path):
    script = (
        "import sys, pathlib; from relknit.training.lock import locked\nwith locked(pathlib.Path(sys.argv[1])):\n  0"
    )
    with locked(tmp_path):
        refused = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60
        )
        assert refused.returncode != 0
        assert "another process is training in it" in refused.stderr
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)


def test_the_lock_is_let_go_of_when_training_fails(tmp_path):
    with pytest.raises(ValueError, match="no luck"), locked(tmp_path):
        raise ValueError("no luck")
    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    with pytest.raises(RelknitError, match="cannot be written to"), locked(tmp_path / "absent"):
        pass
