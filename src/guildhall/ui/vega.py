"""The script that draws charts in the page, taken from the vl-convert wheel and kept in the data folder.

Bundling it takes a second and a JavaScript engine, so it is done once for each version, in a process of its
own (`python -m guildhall.ui.vega FILE`), and never inside a web worker's memory. It is served by us: no
CDN. Together with vega-embed's `ast` option it needs no `eval`, so the content security policy stays strict.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

# vl-convert lets a snippet see the libraries it has bundled; these are the two names our page uses.
_SNIPPET = "window.vegaEmbed = vegaEmbed; window.vega = vega;"


@lru_cache(maxsize=1)
def engine_version() -> str:
    """The version that names the file and the address, so that both change together with the wheel."""
    return version("vl-convert-python")


def script(folder: Path) -> Path:
    """The gzipped script in `folder`, made first when it is not there. Raises CalledProcessError."""
    path = folder / f"vega-{engine_version()}.js.gz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "guildhall.ui.vega", str(path)], check=True, timeout=120)
    return path


def write(path: Path) -> None:
    """Bundle the script and put it at `path` in one step, so that nobody ever reads half of it."""
    import vl_convert

    packed = gzip.compress(vl_convert.javascript_bundle(_SNIPPET).encode(), mtime=0)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".vega-")
    with os.fdopen(handle, "wb") as out:
        out.write(packed)
    Path(name).chmod(0o644)
    Path(name).replace(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
