import sys

import pytest

from relknit.errors import MissingExtraError
from relknit.plotting import new_figure


def test_a_figure_has_the_size_that_was_asked_for():
    pytest.importorskip("matplotlib")
    assert new_figure(5, 3).get_size_inches().tolist() == [5, 3]


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"drawing needs matplotlib.*pip install 'relknit\[plot\]'"):
        new_figure(5, 3)
