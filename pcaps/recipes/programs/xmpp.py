"""Turns (address, JID, password, mechanism, plain|starttls) into one XMPP login by slixmpp: exit 0 accepted, 67
refused.
"""

import asyncio
import ssl
import sys

import slixmpp


def main() -> None:
    """Ends within ten seconds."""
    address, jid, password, mechanism, tls = sys.argv[1:6]
    client = slixmpp.ClientXMPP(jid, password, sasl_mech=mechanism)
    client.plugin["feature_mechanisms"].unencrypted_plain = True
    client.plugin["feature_mechanisms"].unencrypted_scram = True
    client.ssl_context.check_hostname = False
    client.ssl_context.verify_mode = ssl.CERT_NONE
    ended: asyncio.Future[int] = client.loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    client.add_event_handler("session_start", lambda _: end(0))
    client.add_event_handler("failed_all_auth", lambda _: end(67))
    client.add_event_handler("failed_auth", lambda _: end(67))
    client.connect((address, 5222), use_ssl=False, force_starttls=tls == "starttls", disable_starttls=tls == "plain")
    code = client.loop.run_until_complete(asyncio.wait_for(ended, 10))
    client.disconnect()
    client.loop.run_until_complete(asyncio.sleep(0.5))
    sys.exit(code)


main()
