"""One file from its public address to its place on disk: checked, resumable, all or nothing."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from relknit.data.registry.address import Address
from relknit.errors import DataError
from relknit.version import __version__

Progress = Callable[[int, int | None], None]

_CHUNK_BYTES: Final = 1 << 16
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})  # answers that another try may turn


def no_progress(done: int, total: int | None) -> None:
    """The `progress` of those who do not watch."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How to fetch: seconds to wait for the server, tries in all (1, 2, 4 … seconds apart), schemes that are allowed."""

    timeout_seconds: float = 30.0
    attempts: int = 4
    schemes: frozenset[str] = frozenset({"https"})
    sleep: Callable[[float], None] = time.sleep


class _Interrupted(Exception):
    """The transfer broke off in a way that another try may mend."""


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a server elsewhere only by the schemes allowed, so that https never ends in http or a local file."""

    def __init__(self, schemes: frozenset[str]) -> None:
        self.schemes = schemes

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """As the base class has it; raises HTTPError for any other scheme."""
        if urlsplit(newurl).scheme not in self.schemes:
            raise HTTPError(newurl, code, f"sends us on to {newurl}, which is not allowed", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def is_right(path: Path, address: Address) -> bool:
    """Whether a file is there and has the checksum and, if known, the size; raises DataError if it can't be read."""
    try:
        if not path.is_file() or address.size not in (None, path.stat().st_size):
            return False
        return address.checksum.matches(path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None


def download(
    address: Address,
    target: Path,
    *,
    overwrite: bool = False,
    transfer: Transfer | None = None,
    progress: Progress = no_progress,
) -> bool:
    """Fetch the file of an address to `target`; False when it was there already.

    `progress` takes the bytes had so far and the bytes in all, None where neither address nor server says how many.
    What arrives goes to `target` with ".partial" added, where a later call takes it up, and gets its name only when size
    and checksum are right; if they are not it is removed. Raises DataError that names address and mend: another file
    stands at `target` and `overwrite` is not set, the scheme is not allowed, the server can't be reached or refuses,
    what it sends is not the file, the disk refuses.
    """
    transfer = transfer or Transfer()
    if is_right(target, address):
        return False
    if target.exists() and not overwrite:
        message = f"is not the file of {address.url} ({_describe(address)}); move it away or add --overwrite"
        raise DataError(message, path=target)
    if urlsplit(address.url).scheme not in transfer.schemes:
        raise DataError(f"{address.url}: expected an address that starts with {_listed(transfer.schemes)}")
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(address, partial, _by_hand(target), transfer, progress)
        if not is_right(partial, address):
            raise _not_the_file(address, partial, "the checksum differs")
        partial.replace(target)
    except OSError as error:  # those of the network never get here
        reason = error.strerror or str(error)
        raise DataError(f"cannot be written: {reason}; make room or name another folder", path=target) from None
    return True


def _fetch(address: Address, partial: Path, by_hand: str, transfer: Transfer, progress: Progress) -> None:
    """Bring `partial` to its full size in as many tries as are allowed."""
    opener = build_opener(_SafeRedirects(transfer.schemes))
    reason = ""
    for attempt in range(transfer.attempts):
        if attempt:
            transfer.sleep(2.0 ** (attempt - 1))
        try:
            _try(opener, address, partial, transfer.timeout_seconds, progress)
            return
        except HTTPError as error:
            error.close()
            reason = f"the server answers {error.code} {error.reason}"
            if error.code == 416:  # what we have is not part of what is there: from the beginning
                partial.unlink(missing_ok=True)
            elif error.code not in _PASSING:
                raise DataError(f"{address.url}: {reason}; {by_hand}") from None
        except _Interrupted as error:
            reason = str(error)
    raise DataError(f"{address.url}: {reason}; check the connection and run this again, or {by_hand}")


def _try(opener: OpenerDirector, address: Address, partial: Path, timeout: float, progress: Progress) -> None:
    """One request for what `partial` still lacks. Raises HTTPError, _Interrupted, or DataError for what is not the file."""
    if is_right(partial, address):
        return
    have = partial.stat().st_size if partial.exists() else 0
    have = have if address.size is None or have < address.size else 0
    with _open(opener, address.url, have, timeout) as response:
        start, announced = _start_and_total(response)
        if address.size is not None and announced not in (None, address.size):
            raise _not_the_file(address, partial, f"the server offers {announced:,} bytes")
        if start not in (0, have):
            partial.unlink(missing_ok=True)
            raise _Interrupted("the server sent another part of the file than it was asked for")
        total = announced if address.size is None else address.size
        have = start
        with partial.open("ab" if have else "wb") as out:
            for chunk in _chunks(response):
                have += len(chunk)
                if total is not None and have > total:
                    raise _not_the_file(address, partial, f"more than {total:,} bytes arrived")
                out.write(chunk)
                progress(have, total)
    if total is not None and have < total:
        raise _Interrupted(f"the connection ended after {have:,} of {total:,} bytes")
    if total is None and not is_right(partial, address):  # nobody said how much it would be, so it may have been cut
        raise _Interrupted(f"the connection ended after {have:,} bytes, which are not yet {_describe(address)}")


def _open(opener: OpenerDirector, url: str, have: int, timeout: float) -> Any:
    headers = {"User-Agent": f"relknit/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with _network():
        return opener.open(Request(url, headers=headers), timeout=timeout)


def _chunks(response: Any) -> Iterator[bytes]:
    while True:
        with _network():
            chunk = response.read(_CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


@contextlib.contextmanager
def _network() -> Iterator[None]:
    """Tells the network's failures from the disk's, which are OSErrors too."""
    try:
        yield
    except HTTPError:
        raise
    except URLError as error:
        raise _Interrupted(f"cannot be reached ({error.reason})") from None
    except (OSError, HTTPException) as error:
        raise _Interrupted(f"the connection broke ({str(error) or type(error).__name__})") from None


def _start_and_total(response: Any) -> tuple[int, int | None]:
    """Where in the file the answer starts and how many bytes the whole file has, if the server says so."""
    if response.status != 206:  # a server without ranges sends everything
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    found = re.match(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if found is None:
        raise _Interrupted("the server does not say which part of the file it sends")
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _not_the_file(address: Address, partial: Path, found: str) -> DataError:
    """The complaint about what was sent; what has arrived of it is removed."""
    partial.unlink(missing_ok=True)
    return DataError(
        f"{address.url}: {found}, expected {_describe(address)}; the file has changed or something in between answers: "
        "run this again to start afresh, and if it stays so get the file elsewhere"
    )


def _describe(address: Address) -> str:
    size = "a file" if address.size is None else f"{address.size:,} bytes"
    return f"{size} with {address.checksum.kind} {address.checksum.value}"


def _by_hand(target: Path) -> str:
    return f'save that file by hand as "{target}" and run this again'


def _listed(schemes: frozenset[str]) -> str:
    return " or ".join(f"{scheme}://" for scheme in sorted(schemes))
