"""A web server on this machine, and a small dataset that it serves."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

from relknit.data.catalogue import Address, Checksum, Dataset

BODY = bytes(range(256)) * 800  # 204,800 bytes: more than three chunks


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        local = self.server.local
        local.asked.append(self.path)
        status, body = local.files.get(self.path, (404, b""))
        self.send_response(status)
        if local.announces_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class LocalServer:
    """Serves `files` (path -> status and body); `asked` lists the path of every request."""

    def __init__(self):
        self.files, self.asked, self.announces_length = {}, [], True
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.local = self
        self.root = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def offer(self, path, body=BODY, *, seen=True):
        """Serve `body` at `path` and return its address: with SHA-256 and size, or with its git blob id alone."""
        self.files[path] = 200, body
        if seen:
            return Address(self.root + path, Checksum("SHA-256", hashlib.sha256(body).hexdigest()), len(body))
        blob = hashlib.sha1(f"blob {len(body)}\0".encode() + body).hexdigest()
        return Address(self.root + path, Checksum("git blob id", blob))


def opener(url):
    """What stands in for `open_https`, which a server on this machine cannot answer."""
    return urlopen(url, timeout=10)


SPLITS = {
    "train": [("Ada Lovelace lived in London .", [("Lovelace", "residence", "London")]), ("It rained .", [])],
    "dev": [("Bob lives in Oslo .", [("Bob", "residence", "Oslo")])],
}


def small_dataset(server):
    """A dataset with train and dev at the server, train known by its git blob id alone, and a test split that is nowhere."""
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
            split: server.offer(f"/a/{split}_triples.json", body, seen=split == "dev") for split, body in bodies.items()
        },
        anchor="last",
        look="look for test.json in the attic",
    )
