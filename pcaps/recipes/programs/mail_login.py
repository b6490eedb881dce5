"""Turns (imap|pop3, address, user, password, tls) into one login with the protocol's own command, by Python's imaplib
or poplib.
"""

import imaplib
import poplib
import ssl
import sys


def main() -> None:
    """Ends with 0 where the login was accepted, 67 where it was refused; `tls` is plain, starttls or tls."""
    kind, address, user, password, tls = sys.argv[1:6]
    context = ssl._create_unverified_context()  # the recording's own authority is not in the machine's list
    try:
        if kind == "imap":
            imap = imaplib.IMAP4_SSL(address, ssl_context=context) if tls == "tls" else imaplib.IMAP4(address)
            if tls == "starttls":
                imap.starttls(context)
            imap.login(user, password)
            imap.select()
            imap.logout()
        else:
            pop = poplib.POP3_SSL(address, context=context) if tls == "tls" else poplib.POP3(address)
            if tls == "starttls":
                pop.stls(context)
            pop.user(user)
            pop.pass_(password)
            pop.quit()
    except (imaplib.IMAP4.error, poplib.error_proto):
        sys.exit(67)


main()
