"""plotly.js as it is put into a page: from the Python package plotly, without one address."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

#: names of XML, not addresses: nothing is fetched there, but the browser must be given them as they are
_NAMESPACE = re.compile(r"https?://(?=www\.w3\.org/)")
_ADDRESS = re.compile(r"(https?|wss?|ftp)://")


@cache
def plotly_js() -> str:
    """The text of plotly.js (MIT licence, kept at its head) for a script element.

    Addresses of map tiles, fonts and home pages are blanked: the charts of the report need none, and a page that
    goes to a closed network should hold none.  Names of XML keep their meaning and are written with an escape.
    """
    found = importlib.util.find_spec("plotly")  # not imported: only a file of it is wanted
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("report.html needs the package plotly (its plotly.min.js)", name="plotly")
    file = Path(next(iter(found.submodule_search_locations))) / "package_data" / "plotly.min.js"
    text = file.read_text("utf-8").replace("\r\n", "\n")
    text = _NAMESPACE.sub(lambda m: m[0].replace(":", r"\x3a"), text)
    text = _ADDRESS.sub("", text)
    # What would end the script element, or hide its end, in the eyes of the HTML parser.
    return text.replace("</script", r"<\/script").replace("<!--", r"<\!--")
