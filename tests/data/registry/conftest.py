import pytest

from tests.data.registry.local_server import BODY, HALF, LocalServer


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")  # the machine's proxy must not stand between us and ourselves
    local = LocalServer()
    yield local
    local.close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "file.json"


@pytest.fixture
def partial(target):
    """Half of the file, left by an earlier call."""
    path = target.with_name("file.json.partial")
    path.parent.mkdir()
    path.write_bytes(BODY[:HALF])
    return path
