"""Turns clients that check certificates, that do not, and that stop checking into captures."""

from __future__ import annotations

import dataclasses

from .lab import Failed, Host
from .network import Network
from .scenario import Scene, scenario
from .tools import AIOQUIC, PROGRAMS, PYTHON, Authority

CLIENTS = ["curl", "openssl", "gnutls-bin", "wget", "python3", "nodejs", "openjdk-17-jdk-headless"]
CLOUD, REAL = "203.0.113.80", "203.0.113.90"
ASK = b"GET / HTTP/1.0\r\n\r\n"


@dataclasses.dataclass
class Stage:
    """A hub at home, its router, and who answers outside; what the hub did with each name."""

    scene: Scene
    hub: Host
    cloud: Host
    outcome: dict[str, dict[str, object] | None] = dataclasses.field(default_factory=dict)

    def run(self, *argv: str, goes: bool, text: bytes = b"") -> None:
        """A client; ``goes``: it gets an answer, as its output or exit status says."""
        done = self.hub.run(*argv, check=False, text=text, timeout=60)
        answered = done.returncode == 0 or b"HTTP/1." in done.stdout
        if answered is not goes:
            raise Failed(f"{argv} ended with {done.returncode}: {done.stdout[-400:]!r}")

    def curl(self, name: str, port: int, *how: str, goes: bool) -> None:
        """curl; its answer's body is thrown away."""
        self.run("curl", "-s", "-o", "/dev/null", "--http1.1", *how, f"https://{name}:{port}/", goes=goes)

    def openssl(self, name: str, port: int, *how: str, goes: bool) -> None:
        """s_client sends a request, or, told to verify, ends at the certificate."""
        address = f"{name}:{port}"
        self.run(
            "openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", address, "-servername", name, *how,
            goes=goes, text=ASK,
        )  # fmt: skip

    def gnutls(self, name: str, port: int, *how: str, goes: bool) -> None:
        """gnutls-cli the same."""
        self.run("gnutls-cli", "-p", str(port), *how, name, goes=goes, text=ASK)

    def wget(self, name: str, port: int, *how: str, goes: bool) -> None:
        """Wget, without trying again."""
        self.run("wget", "-q", "-O", "/dev/null", "--tries=1", *how, f"https://{name}:{port}/", goes=goes)

    def python(self, name: str, port: int, how: str, *more: str, goes: bool) -> None:
        """Python's ssl module."""
        self.run(PYTHON, str(PROGRAMS / "tls_client.py"), name, str(port), how, *more, goes=goes)

    def node(self, name: str, port: int, how: str, *, goes: bool) -> None:
        """Node's https module."""
        self.run("node", str(PROGRAMS / "tls_client.js"), name, str(port), how, goes=goes)

    def java(self, name: str, port: int, how: str, *, goes: bool) -> None:
        """Java's HttpsURLConnection."""
        self.run("java", str(PROGRAMS / "TlsClient.java"), name, str(port), how, goes=goes)

    def did(self, name: str, outcome: str | None, why: list[str] | None = None, **counts: object) -> None:
        """The truth of a name: what the hub did there, None where packets cannot tell."""
        self.outcome[name] = None if outcome is None else {"outcome": outcome, "why": why or [], **counts}
        if outcome is None:
            return
        shown = {"server_name": name, "outcome": outcome, "why": why or [], **counts}
        self.scene.truth.finding("tls.validation", self.hub, self.cloud, None, **shown)


def stage_of(scene: Scene, wan: Network, names: list[str]) -> Stage:
    """Builds the home and the way out; the hub knows every name."""
    hub = scene.net.host("hub", "24:0a:c4:4e:51:62", "192.168.50.62/24", gateway="192.168.50.1")
    router = scene.net.host("router", "3c:a6:2f:4e:51:01", "192.168.50.1/24")
    cloud = wan.host("cloud", "02:00:5e:00:53:01", "198.51.100.1/24", f"{CLOUD}/32", f"{REAL}/32")
    cloud.address = CLOUD
    router.join(wan.bridge, "3c:a6:2f:4e:51:02", "198.51.100.2/24", port="w2", interface="wan0")
    router.sh("echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add 203.0.113.0/24 via 198.51.100.1")
    cloud.run("ip", "route", "add", "192.168.50.0/24", "via", "198.51.100.2")
    hub.write("/etc/hosts", "127.0.0.1 localhost\n" + "".join(f"{CLOUD} {name}\n" for name in names))
    hub.sh("mkdir -p /run/home")
    for host in (hub, router):
        scene.truth.device(host)
    return Stage(scene, hub, cloud)


def tell(scene: Scene, stage: Stage) -> None:
    """The outcome of every name, those that nothing may be said of too."""
    scene.truth.facts["validation"] = stage.outcome
    scene.truth.never("credential.cleartext")


@scenario("tls_interceptor", [*CLIENTS, "pip:mitmproxy"])
def tls_interceptor(scene: Scene) -> None:
    """A hub behind mitmproxy: clients that refuse its certificate, that take it, that leave, and one that stops checking

    mitmproxy stands at the cloud's address with its own authority, in TLS 1.2 on port 443 and in TLS 1.3 on 8443; a
    small service behind it answers. Each client asks for a name of its own: curl, s_client, gnutls-cli, Wget, Python,
    Node and Java as they are (they refuse), and told not to check (they go on). Python looks at the certificate after
    the handshake and leaves. One script asks four times and then with `-k`. In TLS 1.3 who takes the certificate cannot
    be seen.
    """
    first = ["curl", "openssl", "gnutls", "wget", "python", "node", "java"]
    names = [f"{one}-{how}.cloud.example" for one in first for how in ("checks", "careless")]
    more = ["late.cloud.example", "stops.cloud.example"]
    modern = ["curl13", "gnutls13", "java13", "careless13", "late13"]
    names += [*more, *(f"{one}.cloud.example" for one in modern)]
    (scene.work / "wan").mkdir()
    with Network(scene.work / "wan", "wan") as wan:
        stage = stage_of(scene, wan, names)
        cloud = stage.cloud
        Authority(cloud).give(cloud, "web", "cloud.example", address=REAL)
        cloud.start(PYTHON, str(PROGRAMS / "sink.py"), "9443", "/etc/lab/web.pem", "/etc/lab/web.key", tcp=9443)
        mitmdump = str(AIOQUIC.with_name("mitmdump"))
        for port, version in ((443, "TLS1_2"), (8443, "TLS1_3")):
            cloud.start(
                mitmdump, "-q", "--mode", f"reverse:https://{REAL}:9443@{CLOUD}:{port}",
                "--set", "confdir=/run/home/mitm", "--set", "ssl_insecure=true", "--set", "connection_strategy=lazy",
                "--set", f"tls_version_client_min={version}", "--set", f"tls_version_client_max={version}",
                "--set", "keep_host_header=true", tcp=port, timeout=60,
            )  # fmt: skip
        with scene.net.recording(scene.capture):
            for _ in range(3):
                stage.curl(names[0], 443, goes=False)
            stage.curl(names[1], 443, "-k", goes=True)
            stage.openssl(names[2], 443, "-verify_return_error", goes=False)
            stage.openssl(names[3], 443, goes=True)
            stage.gnutls(names[4], 443, goes=False)
            stage.gnutls(names[5], 443, "--insecure", goes=True)
            stage.wget(names[6], 443, goes=False)
            stage.wget(names[7], 443, "--no-check-certificate", goes=True)
            stage.python(names[8], 443, "check", goes=False)
            stage.python(names[9], 443, "careless", goes=True)
            stage.node(names[10], 443, "check", goes=False)
            stage.node(names[11], 443, "careless", goes=True)
            stage.java(names[12], 443, "check", goes=False)
            stage.java(names[13], 443, "careless", goes=True)
            for _ in range(2):
                stage.python(more[0], 443, "late", goes=True)
            for _ in range(4):
                stage.curl(more[1], 443, goes=False)
            stage.curl(more[1], 443, "-k", goes=True)
            stage.curl("curl13.cloud.example", 8443, goes=False)
            stage.gnutls("gnutls13.cloud.example", 8443, goes=False)
            stage.java("java13.cloud.example", 8443, "check", goes=False)
            stage.curl("careless13.cloud.example", 8443, "-k", goes=True)
            stage.python("late13.cloud.example", 8443, "late", goes=True)
    taken = ["interceptor", "private_issuer"]
    for number, name in enumerate(names[:14]):
        careless = number % 2
        stage.did(
            name,
            "accepted" if careless else "refused",
            taken if careless else None,
            refused=0 if careless else 3 if name == names[0] else 1,
            accepted=careless,
        )
    stage.did(more[0], "refused", refused=2, accepted=0)
    stage.did(more[1], "accepted", taken, refused=4, accepted=1, stopped_checking=True)
    for one in ("curl13", "gnutls13", "java13"):
        stage.did(f"{one}.cloud.example", "refused", refused=1, accepted=0, hidden=1)
    stage.did("careless13.cloud.example", None)
    stage.did("late13.cloud.example", None)
    tell(scene, stage)


@scenario("tls_unsound", ["curl", "openssl", "gnutls-bin"])
def tls_unsound(scene: Scene) -> None:
    """A hub and services whose certificates are expired, early, of another name, of two issuers, of the maker's own

    Each service is an s_server on a port of its own, in TLS 1.2, and each is asked by a client that checks (curl with
    the root) and by one that does not (`-k`), under names of their own. One name is served by two authorities that have
    nothing in common, one after the other, and by the second to a client that checks. Over DTLS 1.2 two s_clients. The root of `Example Root CA` stands in the truth: told that it is public, the program must see more
    (another name, two unrelated issuers).
    """
    kinds = {"expired": 4501, "early": 4502, "other": 4503, "sound": 4504, "two": 4505, "dtls": 4506}
    names = [f"{kind}-{how}.cloud.example" for kind in kinds for how in ("checks", "careless")]
    (scene.work / "wan").mkdir()
    with Network(scene.work / "wan", "wan") as wan:
        stage = stage_of(scene, wan, names)
        cloud, hub = stage.cloud, stage.hub
        ca, second = Authority(cloud), Authority(cloud, "/run/second", "Unrelated Root CA")
        hub.write("/etc/lab/root.pem", ca.root)
        scene.truth.facts["public_root"] = ca.root.decode()[ca.root.index(b"-----BEGIN") :]
        both = lambda kind: (f"{kind}-checks.cloud.example", f"{kind}-careless.cloud.example")  # noqa: E731
        ca.give(cloud, "expired", *both("expired"), since="2024-01-01 00:00:00", until="2025-01-01 00:00:00")
        ca.give(cloud, "early", *both("early"), since="2038-01-01 00:00:00", until="2039-01-01 00:00:00")
        ca.give(cloud, "other", "another.example")
        for kind in ("sound", "two", "dtls"):
            ca.give(cloud, kind, *both(kind))
        second.give(cloud, "second", *both("two"))

        def serve(stem: str, port: int, *how: str) -> object:
            argv = ["openssl", "s_server", "-accept", f"{CLOUD}:{port}", "-cert", f"/etc/lab/{stem}.pem", "-key"]
            argv += [f"/etc/lab/{stem}.key", "-quiet", *how]
            if "-dtls1_2" in how:  # without -www it ends with its input
                return cloud.start("sh", "-c", f"sleep 60 | {' '.join(argv)}", udp=port)
            return cloud.start(*argv, tcp=port)

        for kind, port in kinds.items():
            if kind != "dtls":
                serve(kind, port, "-www", "-tls1_2")
        with scene.net.recording(scene.capture):
            for kind in ("expired", "early", "other", "sound"):
                checks, careless = both(kind)
                stage.curl(checks, kinds[kind], "--cacert", "/etc/lab/root.pem", goes=kind == "sound")
                stage.curl(careless, kinds[kind], "-k", goes=True)
            checks, careless = both("two")
            stage.curl(checks, kinds["two"], "--cacert", "/etc/lab/root.pem", goes=True)
            stage.curl(careless, kinds["two"], "-k", goes=True)
            cloud.stop(cloud.started[-1])
            serve("second", kinds["two"], "-www", "-tls1_2")
            stage.curl(checks, kinds["two"], "--cacert", "/etc/lab/root.pem", goes=False)
            stage.curl(careless, kinds["two"], "-k", goes=True)
            checks, careless = both("dtls")
            program = serve("dtls", kinds["dtls"], "-dtls1_2")
            stage.openssl(checks, kinds["dtls"], "-dtls1_2", "-verify_return_error", goes=False)
            cloud.stop(program)  # type: ignore[arg-type]
            program = serve("dtls", kinds["dtls"], "-dtls1_2")
            hub.sh(
                f"(sleep 1; echo hello; sleep 1) | timeout 10 openssl s_client -dtls1_2 -quiet -connect {careless}:4506 "
                f"-servername {careless} || true"
            )
            cloud.stop(program)  # type: ignore[arg-type]
    own = ["private_issuer"]
    for kind, why in (("expired", ["expired", *own]), ("early", ["not_yet_valid", *own]), ("other", own)):
        checks, careless = both(kind)
        stage.did(checks, "refused", refused=1, accepted=0)
        stage.did(careless, "accepted", why, refused=0, accepted=1)
    for name in both("sound"):
        stage.did(name, "accepted", own, refused=0, accepted=1)
    stage.did(both("two")[0], "refused", refused=1, accepted=0)
    stage.did(both("two")[1], "accepted", own, refused=0, accepted=1)
    stage.did(both("dtls")[0], "refused", refused=1, accepted=0)
    stage.did(both("dtls")[1], "accepted", own, refused=0, accepted=1)
    tell(scene, stage)
