"""Turns (folder, description file) into a UPnP device served by GUPnP: SSDP announcements and the description over
HTTP.
"""

import sys

import gi

gi.require_version("GUPnP", "1.6")
gi.require_version("GSSDP", "1.6")
from gi.repository import GSSDP, GLib, GUPnP  # noqa: E402


def main() -> None:
    """Announces the device until it is ended."""
    folder, description = sys.argv[1:3]
    context = GUPnP.Context.new_full("eth0", None, 49152, GSSDP.UDAVersion.VERSION_1_0)
    device = GUPnP.RootDevice.new(context, description, folder)
    device.set_available(True)
    GLib.MainLoop().run()


main()
