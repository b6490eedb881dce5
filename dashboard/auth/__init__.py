"""Who may use the dashboard: accounts, sessions, request guard, rate limits, certificate, audit."""
