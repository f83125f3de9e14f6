from __future__ import annotations

import pytest

from relknit.errors import ConfigError
from relknit.registry import Registry, parts_of_folders
from tests.fake_package import install

GROUP = "relknit.test_parts"
ENTRY = f"[{GROUP}]\ntoy = toy_part:ANSWER\n"


@pytest.fixture
def registry():
    return Registry(GROUP, {"plain": "relknit.errors:ConfigError"})


def test_a_built_in_part_needs_no_installation(registry):
    assert registry.names() == ("plain",)
    assert registry.get("plain") is ConfigError


def test_an_installed_package_adds_a_part(registry, monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "toy-package", entry_points=ENTRY, files={"toy_part.py": "ANSWER = 42\n"})
    assert registry.names() == ("plain", "toy")
    assert registry.get("toy") == 42


def test_an_unknown_name_is_answered_with_the_known_ones(registry):
    with pytest.raises(ConfigError, match=r"'toy'.*plain"):
        registry.get("toy")


def test_two_packages_with_one_name_are_both_named(registry, monkeypatch, tmp_path):
    install(monkeypatch, tmp_path / "a", "first-package", entry_points=ENTRY)
    install(monkeypatch, tmp_path / "b", "second-package", entry_points=ENTRY)
    with pytest.raises(ConfigError, match="first-package and second-package"):
        registry.get("toy")


@pytest.mark.parametrize("source", ["import no_such_module", "OTHER = 1"])
def test_a_part_that_cannot_be_imported_names_its_package(registry, monkeypatch, tmp_path, source):
    install(monkeypatch, tmp_path, "toy-package", entry_points=ENTRY, files={"toy_part.py": source})
    with pytest.raises(ConfigError, match="toy-package"):
        registry.get("toy")


def test_a_package_cannot_replace_a_built_in_part(registry, monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "toy-package", entry_points=f"[{GROUP}]\nplain = toy_part:ANSWER\n")
    assert registry.names() == ("plain",)
    assert registry.get("plain") is ConfigError


def test_a_folder_beside_the_others_is_a_part_without_an_edit_elsewhere(monkeypatch, tmp_path):
    (tmp_path / "family" / "casrel").mkdir(parents=True)
    (tmp_path / "family" / "base.py").write_text("raise ImportError")
    (tmp_path / "family" / "casrel" / "__init__.py").write_text('PARTS = {"casrel": "model:CasRel"}')
    (tmp_path / "family" / "casrel" / "model.py").write_text("class CasRel: ...")
    (tmp_path / "family" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry("relknit.none", parts_of_folders("family", [str(tmp_path / "family")]))
    assert registry.names() == ("casrel",)
    assert registry.get("casrel").__name__ == "CasRel"
