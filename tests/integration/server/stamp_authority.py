"""A time stamp authority on this machine: OpenSSL behind one page of HTTP."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[tsa_cert]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


@dataclass
class Authority:
    """Where it is asked, its root (PEM), and how often it was asked; it may be told to be away."""

    url: str
    root: Path
    config: Path
    asked: list[bytes] = field(default_factory=list)
    away: bool = False

    def answer(self, query: bytes) -> bytes:
        (self.config.parent / "query").write_bytes(query)
        words = ["ts", "-reply", "-config", str(self.config), "-queryfile"]
        return openssl(*words, str(self.config.parent / "query"))


def new_authority(folder, url=""):
    """Make its keys and certificates."""
    config = folder / "tsa.cnf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    make_certificates(folder, config)
    return Authority(url, folder / "root.pem", config)


@contextmanager
def running_authority(folder):
    """Answer over HTTP until the block ends."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["content-length"]))
            authority.asked.append(query)
            if authority.away:
                self.send_error(503)
                return
            reply = authority.answer(query)
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        authority = new_authority(folder, url)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join(10)


def make_certificates(folder, config):
    def made(name, *words):
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        out = ("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"))
        openssl("req", "-x509", *key, *out, "-subj", f"/CN={name}", "-days", "30", *words)

    made("root")
    root = ("-CA", str(folder / "root.pem"), "-CAkey", str(folder / "root.key"))
    made("tsa", *root, "-config", str(config), "-extensions", "tsa_cert")


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
