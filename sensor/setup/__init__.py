"""Set-up of a sensor: interfaces, the configuration file, systemd's units, and the checks of `doctor`."""
