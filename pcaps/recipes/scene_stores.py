"""Turns logins to databases and directories (Redis, MariaDB, PostgreSQL, LDAP) into captures, each with
its TLS twin.
"""

from __future__ import annotations

from .lab import Failed, Host, wait_for
from .scenario import Scene, scenario
from .tools import Authority


def _needs(host: Host, what: str, *argv: str, text: str = "", env: dict[str, str] | None = None) -> None:
    said = host.run(*argv, text=text, env=env, check=False).stdout.decode(errors="replace")
    if what not in said:
        raise Failed(f"{argv[:3]} never said {what!r}: {said[-600:]}")


@scenario("redis", ["redis-server", "redis-tools"])
def redis(scene: Scene) -> None:
    """Redis: AUTH with one and two arguments, HELLO 3 AUTH, refused

    redis-server with `requirepass` and one ACL user; redis-cli in RESP2 and RESP3. A value stored under the key `AUTH`
    is no login.
    """
    server, laptop = scene.pair("00:11:32")
    shared, edda = "Brombeerhecke.1873", ("edda", "Wollgras-auf-77-y")
    server.write(
        "/etc/lab/redis.conf",
        f'port 6379\nrequirepass {shared}\nsave ""\nprotected-mode no\ndir /run\nuser edda on >{edda[1]} ~* +@all\n',
    )
    server.start("redis-server", "/etc/lab/redis.conf", tcp=6379)
    cli = ("redis-cli", "-h", server.address, "--no-auth-warning")
    with scene.net.recording(scene.capture):
        _needs(laptop, "NOAUTH", *cli, "GET", "x")
        _needs(laptop, "PONG", *cli, "-a", shared, "PING")
        _needs(laptop, "OK", *cli, "--user", edda[0], "-a", edda[1], "SET", "AUTH", "a value, no password")
        _needs(laptop, "PONG", *cli, "-3", "--user", edda[0], "-a", edda[1], "PING")
        _needs(laptop, "WRONGPASS", *cli, "-a", "Brombeerhecke.1872", "PING")
    scene.truth.login(laptop, server, "redis", None, shared, True)
    scene.truth.login(laptop, server, "redis", *edda, True)
    scene.truth.login(laptop, server, "redis", None, "Brombeerhecke.1872", False)


@scenario("mysql", ["mariadb-server", "mariadb-client"])
def mysql(scene: Scene) -> None:
    """MariaDB: native password over plain TCP, accepted and refused

    mariadbd and mariadb; the password crosses as a challenge's answer (mysql_native_password). Queries and rows are
    readable.
    """
    server, laptop = scene.pair("00:11:32")
    _mariadb(server, "")
    cli = ("mariadb", "--no-defaults", "-h", server.address, "-u", "birger", "--skip-ssl")
    with scene.net.recording(scene.capture):
        _needs(laptop, "lentils", *cli, "-pKohl-meise.am.Fenster", "-e", "SELECT what FROM larder.shelf")
        _needs(laptop, "Access denied", *cli, "-pBlau-meise.am.Fenster", "-e", "SELECT 1")
    scene.truth.login(laptop, server, "mysql", "birger", None, True, rule="credential.challenge")
    scene.truth.login(laptop, server, "mysql", "birger", None, False, rule="credential.challenge")
    scene.truth.never("credential.cleartext")


def _mariadb(server: Host, more: str) -> None:
    server.sh(
        "mkdir -p /run/db /run/mysqld; mariadb-install-db --no-defaults --user=root --datadir=/run/db --skip-test-db >/dev/null 2>&1",
        timeout=60,
    )
    server.write(
        "/run/init.sql",
        "CREATE DATABASE larder;\nCREATE TABLE larder.shelf (what TEXT);\nINSERT INTO larder.shelf VALUES ('lentils');\n"
        "CREATE USER birger@'%' IDENTIFIED BY 'Kohl-meise.am.Fenster';\nGRANT ALL ON larder.* TO birger@'%';\n",
    )
    server.start(
        "mariadbd",
        "--no-defaults",
        "--user=root",
        "--datadir=/run/db",
        "--socket=/run/mysqld/s",
        "--skip-name-resolve",
        "--init-file=/run/init.sql",
        *more.split(),
        tcp=3306,
        timeout=60,
    )
    there = ("mariadb", "--no-defaults", "-S", "/run/mysqld/s", "-e", "SHOW GRANTS FOR birger@'%'")
    wait_for(lambda: b"larder" in server.run(*there, check=False).stdout, 20, "the user in the database")


def _postgres(server: Host) -> None:
    server.sh(
        "mkdir -p /run/pg /run/postgresql; chown postgres /run/pg /run/postgresql; B=$(ls -d /usr/lib/postgresql/*/bin); "
        "runuser -u postgres -- $B/initdb -D /run/pg -A trust >/dev/null; cp /etc/lab/pg.* /run/pg/; chown postgres /run/pg/pg.*; ln -s $B /run/bin",
        timeout=60,
    )
    server.write(
        "/run/pg/pg_hba.conf",
        "local all postgres trust\nhostssl all all 0.0.0.0/0 scram-sha-256\nhostnossl all klara 0.0.0.0/0 password\n"
        "hostnossl all moritz 0.0.0.0/0 md5\nhostnossl all tilda 0.0.0.0/0 scram-sha-256\n",
    )
    server.start(
        "runuser",
        "-u",
        "postgres",
        "--",
        "/run/bin/postgres",
        "-D",
        "/run/pg",
        "-c",
        "listen_addresses=*",
        "-c",
        "ssl=on",
        "-c",
        "ssl_cert_file=pg.pem",
        "-c",
        "ssl_key_file=pg.key",
        tcp=5432,
        timeout=30,
    )
    users = "".join(
        f"SET password_encryption = '{how}'; CREATE USER {user} PASSWORD '{secret}';\n"
        for user, how, secret in (
            ("klara", "scram-sha-256", "Sumpf-dotter-blume-9"),
            ("moritz", "md5", "Erlen.zeisig-40-k"),
            ("tilda", "scram-sha-256", "Weiden_kaetzchen_3"),
        )
    )
    server.run("psql", "-U", "postgres", "-h", "/run/postgresql", "-q", "-v", "ON_ERROR_STOP=1", text=users)


def _psql(laptop: Host, user: str, secret: str, tls: str, what: str) -> None:
    _needs(
        laptop,
        what,
        "psql",
        f"host=192.168.50.10 user={user} dbname=postgres sslmode={tls}",
        "-At",
        "-c",
        "SELECT 6*7",
        env={"PGPASSWORD": secret},
    )


@scenario("postgresql", ["postgresql", "postgresql-client"])
def postgresql(scene: Scene) -> None:
    """PostgreSQL: cleartext password, MD5 and SCRAM-SHA-256, accepted and refused

    One user for each method, named in pg_hba.conf; psql without TLS. Only Klara's password crosses as it is.
    """
    server, laptop = scene.pair("00:11:32")
    Authority(server).give(server, "pg", "db.lab.example")
    _postgres(server)
    with scene.net.recording(scene.capture):
        for user, secret in (
            ("klara", "Sumpf-dotter-blume-9"),
            ("moritz", "Erlen.zeisig-40-k"),
            ("tilda", "Weiden_kaetzchen_3"),
        ):
            _psql(laptop, user, secret, "disable", "42")
            _psql(laptop, user, "Ganz-falsch-" + user, "disable", "authentication failed")
    scene.truth.login(laptop, server, "postgresql", "klara", "Sumpf-dotter-blume-9", True)
    scene.truth.login(laptop, server, "postgresql", "klara", "Ganz-falsch-klara", False)
    for user in ("moritz", "tilda"):
        scene.truth.login(laptop, server, "postgresql", user, None, True, rule="credential.challenge")
        scene.truth.login(laptop, server, "postgresql", user, None, False, rule="credential.challenge")


def _slapd(server: Host) -> None:
    server.sh("mkdir -p /run/ldap /run/slapd")
    server.write(
        "/etc/lab/slapd.conf",
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        "TLSCertificateFile /etc/lab/ldap.pem\nTLSCertificateKeyFile /etc/lab/ldap.key\n"
        'database mdb\nsuffix "dc=lab,dc=example"\nrootdn "cn=admin,dc=lab,dc=example"\nrootpw Schilf-rohr-saenger-2\ndirectory /run/ldap\n',
    )
    server.write(
        "/run/base.ldif",
        "dn: dc=lab,dc=example\nobjectClass: dcObject\nobjectClass: organization\no: Lab\ndc: lab\n\n"
        "dn: cn=ruth,dc=lab,dc=example\nobjectClass: person\ncn: ruth\nsn: ruth\nuserPassword: Teich-huhn+Binse=5\n",
    )
    server.run("slapadd", "-f", "/etc/lab/slapd.conf", "-l", "/run/base.ldif")
    server.start("slapd", "-d", "0", "-h", "ldap:/// ldaps:///", "-f", "/etc/lab/slapd.conf", tcp=389)


RUTH = ("cn=ruth,dc=lab,dc=example", "Teich-huhn+Binse=5")


@scenario("ldap", ["slapd", "ldap-utils"])
def ldap(scene: Scene) -> None:
    """LDAP simple bind: accepted, refused, anonymous

    slapd and ldapsearch -x as Ruth, with a wrong password (result 49), as the directory's own administrator, and with
    no name at all.
    """
    server, laptop = scene.pair("00:11:32")
    Authority(server).give(server, "ldap", "ldap.lab.example")
    _slapd(server)
    search = ("ldapsearch", "-x", "-H", "ldap://192.168.50.10", "-b", "dc=lab,dc=example", "-LLL")
    admin = ("cn=admin,dc=lab,dc=example", "Schilf-rohr-saenger-2")
    with scene.net.recording(scene.capture):
        _needs(laptop, "dc: lab", *search, "-D", RUTH[0], "-w", RUTH[1])
        _needs(laptop, "Invalid credentials", *search, "-D", RUTH[0], "-w", "Teich-frosch+Binse=5")
        _needs(laptop, "dc: lab", *search, "-D", admin[0], "-w", admin[1])
        _needs(laptop, "dc: lab", *search)
    scene.truth.login(laptop, server, "ldap", *RUTH, True)
    scene.truth.login(laptop, server, "ldap", RUTH[0], "Teich-frosch+Binse=5", False)
    scene.truth.login(laptop, server, "ldap", *admin, True)


@scenario(
    "stores_tls",
    [
        "redis-server",
        "redis-tools",
        "postgresql",
        "postgresql-client",
        "slapd",
        "ldap-utils",
        "mariadb-server",
        "mariadb-client",
    ],
)
def stores_tls(scene: Scene) -> None:
    """Redis, MariaDB, PostgreSQL and LDAP inside TLS: the twins that must stay silent

    redis on a TLS port; mariadb with --ssl; psql with sslmode=require; ldapsearch with StartTLS and with ldaps. Wrong
    passwords too.
    """
    server, laptop = scene.pair("00:11:32")
    ca = Authority(server)
    for stem in ("pg", "ldap", "redis"):
        ca.give(server, stem, "store.lab.example", address=server.address)
    _postgres(server)
    _slapd(server)
    _mariadb(server, "--ssl-cert=/etc/lab/redis.pem --ssl-key=/etc/lab/redis.key")
    server.start(
        "redis-server",
        "--port",
        "0",
        "--tls-port",
        "6379",
        "--tls-cert-file",
        "/etc/lab/redis.pem",
        "--tls-key-file",
        "/etc/lab/redis.key",
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "Brombeerhecke.1873",
        "--save",
        "",
        "--dir",
        "/run",
        "--tls-ca-cert-file",
        "/etc/lab/redis.pem",
        tcp=6379,
    )
    with scene.net.recording(scene.capture):
        cli = ("redis-cli", "-h", server.address, "--no-auth-warning", "--tls", "--insecure")
        _needs(laptop, "PONG", *cli, "-a", "Brombeerhecke.1873", "PING")
        _needs(laptop, "WRONGPASS", *cli, "-a", "Brombeerhecke.1872", "PING")
        _psql(laptop, "klara", "Sumpf-dotter-blume-9", "require", "42")
        _psql(laptop, "klara", "Ganz-falsch-klara", "require", "authentication failed")
        _needs(
            laptop,
            "lentils",
            "mariadb",
            "--no-defaults",
            "-h",
            server.address,
            "-u",
            "birger",
            "-pKohl-meise.am.Fenster",
            "--ssl",
            "-e",
            "SELECT what FROM larder.shelf",
        )
        lax = {"LDAPTLS_REQCERT": "never"}
        for url, more in (("ldap", ["-ZZ"]), ("ldaps", [])):
            search = ("ldapsearch", "-x", "-H", f"{url}://192.168.50.10", "-b", "dc=lab,dc=example", "-LLL", *more)
            _needs(laptop, "dc: lab", *search, "-D", RUTH[0], "-w", RUTH[1], env=lax)
            _needs(laptop, "Invalid credentials", *search, "-D", RUTH[0], "-w", "Teich-frosch+Binse=5", env=lax)
    scene.truth.never("credential.cleartext", "credential.challenge", "credential.default")
