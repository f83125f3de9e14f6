import pytest

from tests.data.catalogue.local_server import LocalServer


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")  # requests to this machine must not go through a proxy
    local = LocalServer()
    yield local
    local.close()
