"""Background work of the dashboard in processes of its own: reading uploaded captures, dissecting packets."""
