"""Turns logins over FTP and Telnet into captures: accepted, refused, anonymous, typed key by key, and the TLS twin."""

from __future__ import annotations

import time

from .lab import Failed, Host
from .scenario import Scene, scenario
from .tools import Authority, dialog, telnetd, vsftpd


def _ftp(laptop: Host, mode: str, script: str, expect: str) -> None:
    said = laptop.run("tnftp", mode, "-n", "-v", "192.168.50.10", text=script, check=False).stdout.decode()
    if expect not in said:
        raise Failed(f"tnftp said {said!r}")


@scenario("ftp_login", ["vsftpd", "tnftp", "curl", "socat"])
def ftp_login(scene: Scene) -> None:
    """FTP logins: accepted, refused, anonymous, pipelined; active and passive data

    vsftpd on a NAS; tnftp in active and in passive mode, curl, and socat for a client that sends USER and PASS in one
    segment. Anton's password is right, his second one wrong; an anonymous visitor fetches a picture list; Frieda's
    upload is active (PORT).
    """
    nas, laptop = scene.pair("00:11:32")
    anton, frieda = ("anton", "Zunderschwamm-42-Kq"), ("frieda", "mH7!birke")
    nas.user(*anton)
    nas.user(*frieda)
    nas.write("/home/anton/letter.txt", "Dear Frieda, the boat is in the shed.\n" * 30)
    nas.write("/srv/ftp/pictures.txt", "boat.jpg\nshed.jpg\n")
    vsftpd(nas, "anonymous_enable=YES\nanon_root=/srv/ftp\nport_enable=YES\nconnect_from_port_20=YES\n")
    laptop.write("/run/home/note.txt", "Bring the oars.\n")
    with scene.net.recording(scene.capture):
        _ftp(
            laptop,
            "-p",
            "user anton Zunderschwamm-42-Kq\ncd /home/anton\nget letter.txt /dev/null\nquit\n",
            "226 Transfer complete",
        )
        _ftp(laptop, "-A", "user frieda mH7!birke\nput /run/home/note.txt note.txt\nls\nquit\n", "226 ")
        _ftp(laptop, "-p", "user anton Zunderschwamm-43-Kq\nquit\n", "530 ")
        laptop.run("curl", "-s", "ftp://192.168.50.10/pictures.txt")
        pipelined = b"USER anton\r\nPASS Zunderschwamm-42-Kq\r\nPWD\r\nQUIT\r\n"
        said = laptop.run("socat", "-t", "6", "-", "TCP:192.168.50.10:21", text=pipelined).stdout
        if b"230 " not in said:
            raise Failed(repr(said))
    scene.truth.login(laptop, nas, "ftp", *anton, True)
    scene.truth.login(laptop, nas, "ftp", *frieda, True)
    scene.truth.login(laptop, nas, "ftp", "anton", "Zunderschwamm-43-Kq", False)
    scene.truth.login(laptop, nas, "ftp", "anonymous", "ftp@example.com", True)
    scene.truth.finding("transfer.unencrypted", laptop, nas, "ftp", application="ftp", content="text")


@scenario("ftp_tls", ["vsftpd", "curl", "gnutls-bin"])
def ftp_tls(scene: Scene) -> None:
    """FTP with AUTH TLS: the twin that must stay silent

    vsftpd with explicit TLS on control and data connection; curl --ssl-reqd logs in twice, once with a wrong password.
    USER and PASS cross only inside TLS.
    """
    nas, laptop = scene.pair("00:11:32")
    nas.user("anton", "Zunderschwamm-42-Kq")
    nas.write("/home/anton/letter.txt", "Dear Frieda, the boat is in the shed.\n" * 30)
    Authority(nas).give(nas, "ftp", "nas.home.arpa", address="192.168.50.10")
    vsftpd(
        nas,
        "ssl_enable=YES\nforce_local_logins_ssl=YES\nforce_local_data_ssl=YES\nrsa_cert_file=/etc/lab/ftp.pem\nrequire_ssl_reuse=NO\n"
        "rsa_private_key_file=/etc/lab/ftp.key\nssl_tlsv1=YES\nssl_ciphers=HIGH\n",
    )
    with scene.net.recording(scene.capture):
        laptop.run("curl", "-sk", "--ssl-reqd", "-u", "anton:Zunderschwamm-42-Kq", "ftp://192.168.50.10/letter.txt")
        refused = laptop.run(
            "curl", "-sk", "--ssl-reqd", "-u", "anton:falsch-falsch-99", "ftp://192.168.50.10/letter.txt", check=False
        )
        if refused.returncode != 67:
            raise Failed(repr(refused))
    scene.truth.never("credential.cleartext", "credential.default", "credential.challenge")


@scenario("telnet", ["inetutils-telnetd", "inetutils-telnet", "socat", "login"])
def telnet(scene: Scene) -> None:
    """Telnet logins: key by key with corrections, whole lines, refused

    GNU telnetd behind socat as inetd. First a person types (0.08 s a key), corrects a letter of the user name and one
    of the password with the erase key (DEL); the server echoes the name. Then a wrong password. Then port 2323:
    login(1) behind socat with no Telnet options at all, where the client stays in line mode and sends whole lines. Last
    a program that pastes both lines at once after the prompt (character mode, several characters in a segment).
    """
    device, laptop = scene.pair("50:c7:bf")
    hedda = ("hedda", "Kiefer-nuss-81x")
    device.user(*hedda)
    device.user("ole", "ahornblatt")
    telnetd(device)
    device.start("socat", "TCP-LISTEN:2323,reuseaddr,fork", "EXEC:/bin/login,pty,setsid,ctty,stderr", tcp=2323)
    with scene.net.recording(scene.capture):
        shown = dialog(
            laptop,
            ["telnet", "192.168.50.10"],
            [("login:", "hedka\x7f\x7fda\r"), ("assword:", "Kiefer-nusz\x7fs-81x\r"), ("$ ", "id\r"), ("$ ", "exit\r")],
            pace=0.08,
        )
        _needs(shown, "uid=")
        shown = dialog(
            laptop,
            ["telnet", "192.168.50.10"],
            [("login:", "hedda\r"), ("assword:", "Kiefer-nuss-18x\r"), ("incorrect", ""), ("login:", "\x1dquit\r")],
            pace=0.03,
            timeout=40,
        )
        time.sleep(0.5)
        shown = dialog(
            laptop,
            ["telnet", "192.168.50.10", "2323"],
            [("login:", "ole\r"), ("assword:", "ahornblatt\r"), ("$ ", "id\r"), ("$ ", "exit\r")],
        )
        _needs(shown, "uid=")
        shown = dialog(
            laptop, ["telnet", "192.168.50.10"], [("login:", "ole\r"), ("assword:", "ahornblatt\r"), ("$ ", "exit\r")]
        )
        _needs(shown, "$ exit")
    scene.truth.login(laptop, device, "telnet", *hedda, True)
    scene.truth.login(laptop, device, "telnet", "hedda", "Kiefer-nuss-18x", False)
    scene.truth.login(laptop, device, "telnet", "ole", "ahornblatt", True)


def _needs(shown: str, what: str) -> None:
    if what not in shown:
        raise Failed(f"the terminal never showed {what!r}: {shown!r}")
