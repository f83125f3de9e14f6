import importlib
import inspect
import sys
from pathlib import Path

import pytest

import relknit
from relknit.cli import main
from relknit.errors import CheckpointError, ConfigError, MissingExtraError
from relknit.extractor import Extractor
from relknit.extras import import_extra
from relknit.sources import HubName, download_model, find_model, hub_errors, hub_name, reason, shipped_models
from tests import fake_package
from tests.fake_hub import HubError, files_of, install


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub with the shipped model as ada/facts, at two revisions, among files that are none of ours."""
    fake = install(monkeypatch, tmp_path / "cache")
    files = files_of(shipped_models()["webnlg"])
    strange = {"evil.py": b"raise SystemExit", "pytorch_model.bin": b"pickle", "sub/model.json": b"{}", ".env": b"x"}
    fake.repositories["ada/facts", None] = files | strange
    fake.repositories["ada/facts", "v1"] = files | {"README.md": b"the first one"}
    return fake


@pytest.fixture
def no_hub(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hf:ada/facts", HubName("ada/facts", None)),
        ("hf:Ada-1/facts_v1.2", HubName("Ada-1/facts_v1.2", None)),
        ("hf:ada/facts@v1.0", HubName("ada/facts", "v1.0")),
        ("hf:ada/facts@refs/pr/1", HubName("ada/facts", "refs/pr/1")),
    ],
)
def test_owner_and_name_make_a_hub_id(name, expected):
    assert hub_name(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("webnlg", "", "/", "ada/", "/facts", "./ada/facts", "../facts", "/root/facts", "~/facts", "ada/facts/more"),
        *(
            "ada/facts@",
            "ada/facts@../x",
            "ada/facts@a..b",
            "ada/..",
            "a b/c",
            "ada\\facts",
            "ada/facts\n",
            "ådä/facts",
        ),
        *("https://x.org/facts", "ada/facts@-x", "-ada/facts", Path("ada/facts")),
    ],
)
def test_paths_and_plain_names_are_no_hub_ids(name):
    assert hub_name(name) is None
    assert name in ("webnlg", Path("ada/facts")) or hub_name(f"hf:{name}") is None  # hf:webnlg would be one


def test_a_hub_id_loads_what_the_hub_has(hub):
    extract = relknit.load("hf:ada/facts")
    assert isinstance(extract, Extractor)
    assert [t.relation for t in extract("Alan Bean was born in Wheeler, Texas.").triples] == ["birthPlace"]
    assert {call[:3] for call in hub.calls} == {("download", "ada/facts", None)}


def test_only_files_of_our_format_are_asked_for(hub, tmp_path):
    folder = download_model("hf:ada/facts")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    model = {"model.safetensors", "model.json", "vocabulary.json", "training_data.json"}
    assert found == model | {"LICENSE", "README.md"}


def test_a_revision_is_given_behind_the_name_or_as_an_argument_but_not_twice(hub):
    for folder in (find_model("hf:ada/facts@v1"), download_model("hf:ada/facts", revision="v1")):
        assert (folder / "README.md").read_bytes() == b"the first one"
    with pytest.raises(ConfigError, match="hf:ada/facts@v1: a second revision, v2, was given"):
        download_model("hf:ada/facts@v1", revision="v2")


def test_cache_token_and_local_files_reach_the_library(hub, tmp_path):
    folder = download_model("hf:ada/facts", cache_dir=tmp_path / "mine", token="secret", local_files_only=True)
    assert folder.is_relative_to(tmp_path / "mine")
    _, _, revision, token, local, library = hub.calls[0]
    assert (revision, token, local) == (None, "secret", True)
    assert library == {"library_name": "relknit", "library_version": relknit.__version__}


def test_folders_come_before_shipped_names_and_both_before_the_hub(hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada" / "facts").mkdir(parents=True)
    assert find_model("ada/facts") == Path("ada/facts")
    assert find_model("webnlg") == shipped_models()["webnlg"]
    assert hub.calls == []


@pytest.mark.parametrize(
    "name", ["nosuch", "./ada/facts", "/nowhere/facts", "a/b/c", "ada/facts", "runs/sample", Path("ada/facts")]
)
def test_nothing_but_a_hub_id_uses_the_network(hub, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="hf:owner/name"):
        find_model(name)
    assert hub.calls == []


@pytest.mark.parametrize(
    "failure",
    [OSError("no network\nat all"), ValueError("what?"), HubError("odd"), RuntimeError("service"), HubError()],
)
def test_what_the_hub_refuses_is_one_line(hub, failure):
    hub.failure = failure
    with pytest.raises(CheckpointError) as caught:
        relknit.load("hf:ada/facts")
    assert str(caught.value).startswith("hf:ada/facts: the Hugging Face Hub did not give it (")
    assert type(failure).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_repository_is_one_line_on_the_command_line_too(hub, capsys):
    assert main(["extract", "a text", "--model", "hf:ada/nothing"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: hf:ada/nothing: ")
    assert len(error.splitlines()) == 1


def test_a_programming_error_is_not_hidden(hub):
    hub.failure = TypeError("a keyword that the library does not know")
    with pytest.raises(TypeError):
        download_model("hf:ada/facts")


def test_a_long_reason_is_shortened():
    assert len(reason(OSError("x" * 1000))) == 200
    assert reason(OSError("\n\n  second  \nthird")) == "OSError: second"


def test_what_is_no_relknit_model_is_refused(hub):
    hub.repositories["ada/other", None] = {"pytorch_model.bin": b"pickle", "README.md": b"hello", "model.json": b"{}"}
    with pytest.raises(CheckpointError, match=r"not a relknit model, model\.safetensors is missing"):
        relknit.load("hf:ada/other")


def test_a_name_that_is_no_hub_id_is_not_downloaded(hub):
    with pytest.raises(ConfigError, match="webnlg: .*expected hf:owner/name"):
        download_model("webnlg")


def test_without_the_extra_its_name_is_in_the_error(no_hub):
    with pytest.raises(MissingExtraError, match=r"pip install 'relknit\[hub\]'") as caught:
        relknit.load("hf:ada/facts")
    assert "\n" not in str(caught.value)
    assert find_model("webnlg") == shipped_models()["webnlg"]


def test_the_library_is_loaded_for_a_hub_id_only(monkeypatch):
    real = importlib.import_module

    def watched(name, *rest):
        assert not name.startswith("huggingface_hub")
        return real(name, *rest)

    relknit.load("webnlg")
    monkeypatch.setattr("relknit.extras.importlib.import_module", watched)
    find_model("webnlg")
    with pytest.raises(AssertionError):
        relknit.load("hf:ada/facts")


def test_the_real_library_takes_these_arguments():
    hub = pytest.importorskip("huggingface_hub")
    keywords = (
        "revision",
        "cache_dir",
        "token",
        "local_files_only",
        "allow_patterns",
        "library_name",
        "library_version",
    )
    inspect.signature(hub.snapshot_download).bind("ada/facts", **dict.fromkeys(keywords))
    inspect.signature(hub.HfApi).bind(token=None, library_name="relknit", library_version="1")
    inspect.signature(hub.HfApi.create_repo).bind(None, "ada/facts", private=True, exist_ok=True)
    inspect.signature(hub.HfApi.repo_info).bind(None, "ada/facts")
    inspect.signature(hub.HfApi.file_exists).bind(None, "ada/facts", "README.md")
    upload = ("repo_id", "folder_path", "commit_message", "allow_patterns")
    inspect.signature(hub.HfApi.upload_folder).bind(None, **dict.fromkeys(upload))


def test_the_real_library_without_network_is_one_line(tmp_path):
    pytest.importorskip("huggingface_hub")
    with pytest.raises(CheckpointError, match=r"the Hugging Face Hub did not give it \(LocalEntryNotFoundError"):
        download_model("hf:ada/facts", cache_dir=tmp_path, local_files_only=True)
    assert import_extra("huggingface_hub.errors", "hub").HfHubHTTPError in hub_errors()


def test_a_file_on_this_machine_is_never_looked_for_on_the_hub(hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "facts").touch()
    with pytest.raises(CheckpointError, match="ada/facts: is a file; give the model folder that it is in"):
        find_model("ada/facts")
    assert hub.calls == []


def test_the_weights_of_another_kind_of_model_are_not_fetched(hub, tmp_path):
    hub.repositories["ada/bert", None] = {"model.safetensors": b"gigabytes", "tokenizer.json": b"{}"}
    with pytest.raises(CheckpointError, match=r"ada/bert: not a relknit model, the Hub has no model\.json there"):
        download_model("hf:ada/bert")
    assert not any(path.name == "model.safetensors" for path in tmp_path.rglob("*"))


def test_an_installed_package_brings_a_model(tmp_path, monkeypatch):
    entry = "[relknit.model_data]\nfacts-large = large_facts\nfacts-path = large_facts:FOLDER\n"
    here = repr(str(tmp_path / "elsewhere"))
    package = {"large_facts/__init__.py": f"FOLDER = {here}\n"}
    fake_package.install(monkeypatch, tmp_path / "site", "large-facts", entry_points=entry, files=package)
    assert find_model("facts-large") == tmp_path / "site" / "large_facts"
    assert find_model("facts-path") == tmp_path / "elsewhere"
    with pytest.raises(CheckpointError, match="webnlg, facts-large, facts-path"):
        find_model("nosuch")


def test_shipped_models_come_before_those_of_packages(tmp_path, monkeypatch):
    entry = "[relknit.model_data]\nwebnlg = other_facts\n"
    fake_package.install(monkeypatch, tmp_path, "other-facts", entry_points=entry)
    assert find_model("webnlg") == shipped_models()["webnlg"]
