"""A web server of this machine that behaves as well or as badly as a test wants, and the sentences that it serves."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from relknit.data.registry import Address, Dataset
from relknit.data.registry.address import git_blob, sha256
from relknit.data.registry.fetch import Transfer

BODY = bytes(range(256)) * 800  # 204,800 bytes: more than three chunks
HALF = len(BODY) // 2


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        local = self.server.local
        asked_from = self.headers.get("Range")
        local.asked.append((self.path, asked_from))
        answers = local.answers.get(self.path, [ranged])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        start = int(asked_from.removeprefix("bytes=").rstrip("-")) if asked_from else 0
        answer(self, local.files.get(self.path, b""), start)

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def ranged(handler, body, start):
    """As a good server answers."""
    if start:
        handler.reply(206, body[start:], Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")
    else:
        handler.reply(200, body)


def without_ranges(handler, body, start):
    handler.reply(200, body)


def cut_off(handler, body, start):
    """Announces all, sends half of it, hangs up."""
    rest = body[start:]
    if start:
        total = f"bytes {start}-{len(body) - 1}/{len(body)}"
        handler.reply(206, rest[: len(rest) // 2], Content_Length=len(rest), Content_Range=total)
    else:
        handler.reply(200, rest[: len(rest) // 2], Content_Length=len(rest))


def hung_up(handler, body, start):
    """Ends the connection as a crash does."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def unannounced(handler, body, start):
    """Sends everything and a byte more without saying how much it will be."""
    handler.reply(200, body + b"!", Content_Length=None)


def without_length(handler, body, start):
    """Sends everything without saying how much it will be."""
    handler.reply(200, body, Content_Length=None)


def cut_off_without_length(handler, body, start):
    handler.reply(200, body[: len(body) // 2], Content_Length=None)


def more_than_announced(handler, body, start):
    """Sends a byte more than its own total, where there is a part to send."""
    total = f"bytes {start}-{len(body) - 1}/{len(body)}"
    handler.reply(206, body[start:] + b"!", Content_Range=total)


def another_part(handler, body, start):
    handler.reply(206, body[7:], Content_Range=f"bytes 7-{len(body) - 1}/{len(body)}")


def nameless_part(handler, body, start):
    handler.reply(206, body[start:])


def fails_with(status):
    return lambda handler, body, start: handler.reply(status, b"sorry")


def sends(other):
    return lambda handler, body, start: handler.reply(200, other)


def sends_on_to(url):
    return lambda handler, body, start: handler.reply(302, b"", Location=url)


class LocalServer:
    """Serves `files` by path; `answers` holds what to do with the first, second … request of a path, by default `ranged`.

    `asked` is the (path, Range header) of every request, `slept` the seconds that `transfer` waited between tries.
    """

    def __init__(self):
        self.files, self.answers, self.asked, self.slept = {}, {}, [], []
        self.released = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.local = self
        self.root = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.transfer = Transfer(schemes=frozenset({"http"}), sleep=self.slept.append)
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.released.set()
        self.http.shutdown()
        self.http.server_close()

    def silent(self, handler, body, start):
        """An answer that does not come while the test runs."""
        self.released.wait()

    def offer(self, path, body=BODY, *answers, address=None):
        """Serve `body` at `path` and return its address, as `address` makes it (default `address_of`)."""
        self.files[path] = body
        if answers:
            self.answers[path] = list(answers)
        return (address or address_of)(self.root + path, body)


def address_of(url, body=BODY):
    return Address(url, sha256(hashlib.sha256(body).hexdigest()), len(body))


def address_by_id(url, body=BODY):
    """As for a file that was not seen: its git blob id alone."""
    return Address(url, git_blob(hashlib.sha1(f"blob {len(body)}\0".encode() + body).hexdigest()))


SPLITS = {
    "train": [("Ada Lovelace lived in London .", [("Lovelace", "residence", "London")]), ("It rained .", [])],
    "dev": [("Bob lives in Oslo .", [("Bob", "residence", "Oslo")])],
}


def small_dataset(server):
    """A dataset with train and dev at the server, train known by its git blob id alone, and a test split that is nowhere."""
    addresses = {"train": address_by_id, "dev": address_of}
    bodies = {
        split: json.dumps([{"text": text, "triple_list": triples} for text, triples in records], indent=1).encode()
        for split, records in SPLITS.items()
    }
    return Dataset(
        "small",
        about="two towns",
        annotation="last word",
        terms="CC0",
        citation="nobody 2020",
        splits={"train": 2, "dev": 1, "test": None},
        files={
            split: server.offer(f"/a/{split}_triples.json", body, address=addresses[split])
            for split, body in bodies.items()
        },
        anchor="last",
        look="look for test.json in the attic",
    )
