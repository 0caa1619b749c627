"""Run with the Python of a fresh environment that holds the wheel and nothing else of ours."""

import gzip
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import files
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import ruvector

LIBRARIES = (
    "curl",
    "libssl-dev",
    "libutf8proc-dev",
    "libxxhash-dev",
    "nlohmann-json3-dev",
    "zlib1g-dev",
)


def check_index() -> None:
    vectors = np.random.default_rng(0).standard_normal((2_000, 128), dtype=np.float32)
    index = ruvector.RabitqPlusIndex.build(vectors, seed=42)
    ids, scores = index.search_batch(vectors[:50], k=5)
    assert (ids[:, 0] == np.arange(50)).all()
    assert (scores[:, 0] == 0).all()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.rbpx"
        index.save(path)
        loaded_ids, loaded_scores = ruvector.RabitqPlusIndex.load(path).search_batch(
            vectors[:50], k=5
        )
    assert (loaded_ids == ids).all()
    assert (loaded_scores == scores).all()


class EchoAgent(BaseHTTPRequestHandler):
    """The least of an agent of A2A 1.0: its card, and tasks that are done at once, in gzip."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(
            {
                "name": "echo",
                "description": "says it again",
                "version": "1",
                "capabilities": {},
                "defaultInputModes": ["text/plain"],
                "defaultOutputModes": ["text/plain"],
                "skills": [],
                "supportedInterfaces": [
                    {
                        "url": f"https://{self.headers['Host']}/rpc",
                        "protocolBinding": "JSONRPC",
                        "protocolVersion": "1.0",
                    }
                ],
            }
        )

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        artifact = {"artifactId": "a", "parts": request["params"]["message"]["parts"]}
        task = {
            "id": "t",
            "contextId": "c",
            "status": {"state": "TASK_STATE_COMPLETED"},
            "artifacts": [artifact],
        }
        self._answer({"jsonrpc": "2.0", "id": request["id"], "result": {"task": task}})

    def _answer(self, value: dict[str, Any]) -> None:
        assert "gzip" in self.headers["Accept-Encoding"]
        body = gzip.compress(json.dumps(value).encode())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that end a handshake."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def https_agent(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = QuietServer(("127.0.0.1", 0), EchoAgent)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(path: Path) -> None:
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(
        [*command.split(), "-keyout", path, "-out", f"{path}.own"], check=True, capture_output=True
    )
    path.write_text(path.read_text() + Path(f"{path}.own").read_text())


def refusal(connect: Callable[[], object]) -> str:
    try:
        connect()
    except ruvector.TransportError as error:
        return str(error)
    return ""


def check_agents() -> None:
    """HTTPS by the libcurl within the wheel: a name looked up, a certificate judged, gzip."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "agent.pem"
        make_certificate(certificate)
        with https_agent(certificate) as url:
            connect = partial(ruvector.A2aClient.connect_sync, url, strict_verify=False, proxy="")
            client = connect(ca_file=certificate)
            task = client.send_task_sync(ruvector.TaskSpec("echo", "over TLS"))
            assert task.status.state is ruvector.TaskState.COMPLETED
            assert task.artifacts[0].text == "over TLS"
            client.close()
            with patch.dict(os.environ, SSL_CERT_FILE=str(certificate)):
                connect().close()
            assert "certificate" in refusal(connect)  # of nobody that the system knows


def check_licenses() -> None:
    shipped = {file.name for file in files("ruvector") or () if "licenses" in file.parts}
    missing = {"LICENSE", "Apache-2.0", *(f"{name}.txt" for name in LIBRARIES)} - shipped
    assert not missing, f"licenses are missing: {missing}"


def main() -> None:
    where = Path(ruvector.__file__).resolve()
    assert Path(sys.prefix).resolve() in where.parents, f"not the installed package: {where}"
    check_index()
    check_agents()
    check_licenses()
    print(f"ruvector {ruvector.__version__} from a wheel: {ruvector.cpu_features()}")


if __name__ == "__main__":
    main()
