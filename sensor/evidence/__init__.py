"""The packets that findings rest on: taken while or after a capture is read, masked, kept beside the store for a while, handed on as a bundle.

`gather` fetches them, `layers` finds their payload, `forms` and `mask` cover what is secret or personal, `folder` keeps them (bounded, expiring),
`pcapng` is their form on disk. What cannot be located with certainty is covered with all that is around it: never less than the secret.
"""
