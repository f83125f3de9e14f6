"""Download one file over https, check it against its known checksum, and only then put it in place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from relknit.data.catalogue.entries import Address
from relknit.errors import DataError
from relknit.files import check_target, replacing
from relknit.version import __version__

MAX_BYTES: Final = 256_000_000
"""The largest download of a file whose size is not known beforehand."""
_CHUNK_BYTES: Final = 1 << 16
_TIMEOUT_SECONDS: Final = 30.0

OnBytes = Callable[[int, int | None], None]
"""Called with the bytes received so far and the total (None if unknown)."""
Opener = Callable[[str], AbstractContextManager[Any]]


def open_https(url: str) -> AbstractContextManager[Any]:
    """The response of an https server, redirects followed; raises DataError where any other scheme is involved."""
    if not url.startswith("https://"):
        raise DataError(f"{url}: expected an address that starts with https://")
    response = urlopen(Request(url, headers={"User-Agent": f"relknit/{__version__}"}), timeout=_TIMEOUT_SECONDS)
    if not response.url.startswith("https://"):
        response.close()
        raise DataError(f"{url}: redirects to {response.url}, expected an address that starts with https://")
    return response  # type: ignore[no-any-return]


def download(
    address: Address,
    target: Path,
    *,
    overwrite: bool = False,
    opener: Opener = open_https,
    progress: OnBytes = lambda done, total: None,
) -> bool:
    """Download the file of an address to `target`; False if it was there already.

    Raises DataError, and leaves `target` as it was, when another file is there (without `overwrite`), the server cannot
    be reached or refuses, or what it sends has another size or checksum.
    """
    if address.is_at(target):
        return False
    if target.exists() and not overwrite:
        message = f"is not the file of {address.url} ({_expected(address)}); move it away or add --overwrite"
        raise DataError(message, path=target)
    check_target(target, suffixes=("",), overwrite=overwrite)
    with replacing(target) as partial:
        try:
            _receive(address, partial, opener, progress)
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            what = f"the server answers {error.code}" if isinstance(error, HTTPError) else "cannot be reached"
            message = f"{address.url}: {what} ({getattr(error, 'reason', None) or error}); run this again"
            raise DataError(f'{message}, or download it yourself to "{target}"') from None
        if not address.checksum.matches(partial):
            raise DataError(f"{address.url}: the file received is not the expected one ({_expected(address)})")
    return True


def _receive(address: Address, partial: Path, opener: Opener, progress: OnBytes) -> None:
    limit, done = address.size or MAX_BYTES, 0
    with opener(address.url) as response, partial.open("wb") as out:
        announced = response.headers.get("Content-Length", "")
        total = address.size or (int(announced) if announced.isdecimal() else None)
        while chunk := response.read(_CHUNK_BYTES):
            done += len(chunk)
            if done > limit:
                raise DataError(f"{address.url}: sends more than the expected {limit:,} bytes")
            out.write(chunk)
            progress(done, total)


def _expected(address: Address) -> str:
    size = "" if address.size is None else f"{address.size:,} bytes, "
    return f"{size}{address.checksum.kind} {address.checksum.value}"
