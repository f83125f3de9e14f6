import pytest

from tests.data.registry.local_server import LocalServer


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")  # the machine's proxy must not stand between us and ourselves
    local = LocalServer()
    yield local
    local.close()
