"""Who may use the dashboard: accounts, sessions, request guard, rate limits, the TLS certificate, the audit log."""
