"""Settings of Sphinx for the documentation as a static site (deploy/site/build.py)."""

import os

project = "LANwitness"
author = "The LANwitness authors"
version = release = os.environ["LANWITNESS_SITE_VERSION"]
extensions = ["myst_parser"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"LANwitness {version}"
html_show_sphinx = False
html_copy_source = False
html_static_path: list[str] = []
html_theme_options = {
    "announcement": f'Version {version}. <a href="../index.html">All versions</a>',
    "top_of_page_buttons": [],
}
# A page may begin with a table of the repository's own files, and output samples have lexers of no language.
suppress_warnings = ["misc.highlighting_failure", "myst.header"]
