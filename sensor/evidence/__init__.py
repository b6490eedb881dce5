"""Evidence: the masked packets that findings rest on, stored beside the store for a while.

`fetch` reads them, `frame_layout` finds their payload, `encoded_forms` and `mask` cover what is secret or personal,
`storage` stores them (bounded, expiring), `pcapng` is their file format, `bundle` hands them on. A value that cannot be
located with certainty is covered together with everything around it: never less than the secret.
"""
