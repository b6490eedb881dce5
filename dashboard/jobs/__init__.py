"""Background work in processes of its own: reading uploaded captures, dissecting packets."""
