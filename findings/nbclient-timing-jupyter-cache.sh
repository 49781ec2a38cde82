#!/usr/bin/env bash
# A notebook that nbclient ran is not recognised by jupyter-cache, unless record_timing is off.
#
# Versions: nbclient 0.11.0, jupyter-cache 1.0.1, nbformat 5.11.1, ipykernel 7.4.0, Python 3.11.
# Seen: nbclient writes when each cell began and ended into the cell's metadata ("execution"), by its
# default record_timing=True. jupyter-cache compares cells with their metadata. So a notebook that was
# run by nbclient and put into the cache is no match for the same notebook before it was run; with
# record_timing=False it is.
#   record_timing=True   metadata ['execution']; match of the source: False
#   record_timing=False  metadata []; match of the source: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet \
    nbclient==0.11.0 jupyter-cache==1.0.1 nbformat==5.11.1 ipykernel==7.4.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import copy
import sys

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient

found = {}
for timing in (True, False):
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    source.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    ran = copy.deepcopy(source)
    NotebookClient(ran, kernel_name="python3", record_timing=timing).execute()
    ran.metadata = copy.deepcopy(source.metadata)
    cache = get_cache(f"cache-{timing}")
    cache.cache_notebook_bundle(CacheBundleIn(ran, "a.ipynb"), check_validity=False, overwrite=True)
    try:
        cache.match_cache_notebook(source)
        found[timing] = True
    except KeyError:
        found[timing] = False
    names = sorted(ran.cells[0].metadata)
    print(f"record_timing={timing!s:6} metadata {names}; match of the source: {found[timing]}")
sys.exit(0 if found == {True: False, False: True} else 1)
PY
