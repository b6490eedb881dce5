"""The command line: one module a command; `main` ties them into `lanwitness`."""
