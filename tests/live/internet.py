"""A small internet of the tests' own: a network namespace where real names lead to inert servers of ours.

`python tests/live/internet.py FOLDER -- COMMAND` runs COMMAND in it. Public addresses stand on one end of a veth pair in a
fresh network namespace, COMMAND runs at the other end; /etc/hosts of a fresh mount namespace names them, and a test CA
signs the names. Nothing has a way to the real ones. FOLDER gets `ca.pem`, and `seen`, a line for each request that
reached a server. Needs root.
"""

import http.server
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

# name -> address. Of the last three the first is refused by every list, the others lead where nobody may go.
HOSTS = {
    "huggingface.co": "93.184.216.10", "cdn-lfs.huggingface.co": "93.184.216.10", "github.com": "93.184.216.11",
    "pypi.org": "93.184.216.12", "files.pythonhosted.org": "93.184.216.12", "owner.example.net": "93.184.216.13",
    "evil.example.net": "93.184.216.66", "rebound.example.net": "169.254.169.254", "private.example.net": "10.11.12.13",
}  # fmt: skip
NAMES = "93.184.216.254"  # of the name server
COMMIT, MODEL = "0123456789abcdef0123456789abcdef01234567", b'{"model": "inert"}'
WHEEL = "inert-1.0-py3-none-any.whl"


class Stub(http.server.BaseHTTPRequestHandler):
    """What the clients of the tests ask of the hub, of PyPI and of a git host; anything else is answered with its path."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        """A line in `seen` instead."""

    def _answer(self, *, body: bool) -> None:
        host = self.headers.get("Host", "")
        with (self.folder / "seen").open("a") as seen:
            seen.write(f"{self.command} {host} {self.path.partition('?')[0]}\n")
        content, kind, more = self._page(host)
        self.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _page(self, host: str) -> tuple[bytes, str, dict[str, str]]:
        path = self.path.partition("?")[0]
        if path.startswith("/owner/model/resolve/"):
            return MODEL, "application/json", {"ETag": '"1"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if path == "/simple/inert/":
            return f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode(), "text/html", {}
        if path == f"/files/{WHEEL}":
            return (self.folder / WHEEL).read_bytes(), "application/octet-stream", {}
        if path.endswith("/info/refs"):
            return f"{COMMIT}\trefs/heads/main\n".encode(), "text/plain", {}
        return f"{host}{path}".encode(), "text/plain", {}


def inside(folder: Path, command: Sequence[str]) -> int:
    """In the fresh namespaces: the other end with its servers, names, the command. Its exit code."""
    names = folder / "hosts"
    names.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in HOSTS.items()))
    subprocess.run(["mount", "--bind", str(names), "/etc/hosts"], check=True)
    (folder / "seen").touch()
    _wheel(folder / WHEEL)
    _certificate(folder)
    far = ["unshare", "--net", sys.executable, str(Path(__file__).resolve()), str(folder), "serve"]
    with subprocess.Popen(far, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == "there\n"
        for words in (
            "link set lo up", f"link add near type veth peer name far netns {other.pid}", "link set near up",
            "address add 93.184.216.1/24 dev near", "route add default via 93.184.216.254",
        ):  # fmt: skip
            subprocess.run(["ip", *words.split()], check=True)
        other.stdin.write("connected\n")
        other.stdin.flush()
        assert other.stdout.readline() == "serving\n"
        code = subprocess.run(command, check=False).returncode
        other.kill()
    return code


def serve(folder: Path) -> None:
    """At the far end: addresses and servers, until the near end has gone."""
    print("there", flush=True)
    sys.stdin.readline()
    for words in ("link set lo up", "link set far up", "address add 93.184.216.254/24 dev far",
                  *(f"address add {address}/32 dev lo" for address in sorted(set(HOSTS.values())))):  # fmt: skip
        subprocess.run(["ip", *words.split()], check=True)
    Stub.folder = folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    for address in sorted(set(HOSTS.values())):
        for port in (80, 443):
            server = http.server.ThreadingHTTPServer((address, port), Stub)
            if port == 443:
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=_names, daemon=True).start()
    print("serving", flush=True)
    sys.stdin.read()


def _names() -> None:
    """A name server for those whose /etc/hosts is another: A records of HOSTS, and NXDOMAIN (RFC 1035)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((NAMES, 53))
        while True:
            query, peer = server.recvfrom(512)
            labels, at = [], 12
            while length := query[at]:
                labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace"))
                at += 1 + length
            question, kind = query[12 : at + 5], int.from_bytes(query[at + 1 : at + 3])
            address = HOSTS.get(".".join(labels).lower())
            found = socket.inet_aton(address) if address and kind == 1 else b""
            flags = 0x8180 if address else 0x8183
            answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04" + found if found else b""
            server.sendto(query[:2] + struct.pack("!5H", flags, 1, bool(answer), 0, 0) + question + answer, peer)


def _certificate(folder: Path) -> None:
    """A CA and, in one file, key and certificate of all names signed by it."""
    key, request, signed = folder / "server.key", folder / "server.csr", folder / "server.pem"
    for words in (
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-keyout", "ca.key",
         "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"],
        ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", str(key), "-out", str(request)],
    ):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    (folder / "names").write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in HOSTS) + "\n")
    subprocess.run(["openssl", "x509", "-req", "-in", str(request), "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
                    "-extfile", "names", "-out", str(signed)], cwd=folder, check=True, capture_output=True)  # fmt: skip
    (folder / "both.pem").write_text(key.read_text() + signed.read_text())


def _wheel(path: Path) -> None:
    """The smallest wheel that pip takes (PEP 427)."""
    import zipfile

    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("inert.py", "")
        wheel.writestr("inert-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: inert\nVersion: 1.0\n")
        wheel.writestr("inert-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("inert-1.0.dist-info/RECORD", "")


def argv(folder: Path, command: Sequence[str]) -> list[str]:
    """The command line that runs `command` in such an internet."""
    return ["unshare", "--net", "--mount", sys.executable, str(Path(__file__).resolve()), str(folder), "--", *command]


def main() -> int:
    """0 or the command's exit code."""
    if sys.argv[2] == "serve":
        serve(Path(sys.argv[1]))
        return 0
    at = sys.argv.index("--")
    return inside(Path(sys.argv[1]), sys.argv[at + 1 :])


if __name__ == "__main__":
    sys.exit(main())
