"""A hub in a dictionary, in the place of the library that would use the network."""

import sys
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType, SimpleNamespace


class HubError(Exception):
    """An error that is neither OSError nor ValueError, as some of the library's own."""


class NoSuchRepository(OSError):
    """The library's errors have several lines."""


class FakeHub:
    """repositories: files by their names, by (owner/name, revision). calls: what was asked, in order."""

    def __init__(self, cache):
        self.cache, self.calls, self.repositories, self.public = Path(cache), [], {}, set()
        self.failure = None

    def snapshot_download(
        self,
        repo_id,
        *,
        revision,
        allow_patterns,
        cache_dir=None,
        token=None,
        local_files_only=False,
        ignore_patterns=(),
        **library,
    ):
        self.calls.append(("download", repo_id, revision, token, local_files_only, library))
        self._fail()
        if (repo_id, revision) not in self.repositories:
            raise NoSuchRepository("404 Client Error.\n\nRepository Not Found for url: ...\nPlease log in.")
        folder = Path(cache_dir or self.cache) / repo_id.replace("/", "--") / (revision or "main")
        for name, content in self.repositories[repo_id, revision].items():
            ignored = any(fnmatch(name, pattern) for pattern in ignore_patterns)
            if not ignored and any(fnmatch(name, pattern) for pattern in allow_patterns):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        return str(folder)

    def api(self, *, token=None, **library):
        self.calls.append(("api", token, library))
        return SimpleNamespace(
            create_repo=self._create, repo_info=self._info, file_exists=self._exists, upload_folder=self._upload
        )

    def _create(self, repo_id, *, private, exist_ok):
        self._fail()
        if (repo_id, None) not in self.repositories:
            self.repositories[repo_id, None] = {}
            self.public |= set() if private else {repo_id}
        return f"hub:{repo_id}"

    def _info(self, repo_id):
        return SimpleNamespace(private=repo_id not in self.public)

    def _exists(self, repo_id, filename):
        return filename in self.repositories[repo_id, None]

    def _upload(self, *, repo_id, folder_path, commit_message, allow_patterns):
        self.calls.append(("upload", repo_id, commit_message))
        for path in Path(folder_path).iterdir():
            if any(fnmatch(path.name, pattern) for pattern in allow_patterns):
                self.repositories[repo_id, None][path.name] = path.read_bytes()

    def _fail(self):
        if self.failure is not None:
            raise self.failure


def install(monkeypatch, cache):
    """Put a new FakeHub where `import huggingface_hub` finds it."""
    fake = FakeHub(cache)
    module, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
    module.snapshot_download, module.HfApi, module.errors = fake.snapshot_download, fake.api, errors
    errors.HubError, errors.NoSuchRepository, errors.something_else = HubError, NoSuchRepository, 3
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    return fake


def files_of(folder):
    """What a folder holds, as a repository holds it."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}
