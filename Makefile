# `make book` and `make test` need nothing but Python 3.11 or newer: each sets up what is missing.
# Without make, README.md shows the lines behind each target.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
HOST ?= 127.0.0.1
# The environment is renewed when the checkout moves or when what it is made from changes.
KEY := $(shell (echo "$(CURDIR)"; cat Makefile pyproject.toml constraints.txt) | cksum | cut -d ' ' -f 1)
READY := $(VENV)/.ready-$(KEY)
# The mathematics in LaTeX. Only its text is read, so that what it depends on is not installed.
LATEX := passagemath-macaulay2==10.8.13
# How pytest-xdist shares out the tests; tests/conftest.py says in which order.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile

.PHONY: help book pdf epub slides sheets test test-quick test-kernels lab dashboard serve pictures map lint constraints clean

help:
	@echo "make book       build the book and say where to open it"
	@echo "make pdf        the whole book as a PDF (needs Chromium)"
	@echo "make epub       the whole book as an EPUB (needs Chromium)"
	@echo "make slides     a PDF of slides for each chapter (needs Chromium)"
	@echo "make sheets     every page at three widths, light and dark, to look at (PAGES='limits lstm')"
	@echo "make test       run every test"
	@echo "make test-quick what can be said in five minutes: no browser, nothing slow, no book"
	@echo "make test-kernels  the numerical tests on a second kernel of the BLAS"
	@echo "make lab        the chapters in JupyterLab"
	@echo "make dashboard  the dashboard in Voila"
	@echo "make serve      the built book over http (HOST=$(HOST) PORT=$(PORT))"
	@echo "make pictures   the pictures in README (needs Chromium)"
	@echo "make map        the map of the package, drawn from its imports"
	@echo "make lint       ruff, mypy, the layers of the package, spelling"
	@echo "make clean      remove what was built; the environment stays"

$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "rnnbook needs Python 3.11 or newer; this is `$(PYTHON) --version 2>&1`." \
	    "Name another: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made." \
	    "On Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[book,dev]'
	$(BIN)/python -m pip install --no-deps '$(LATEX)'
	@rm -f $(VENV)/.ready-* && touch $@

book: $(READY)
	@$(BIN)/python -m rnnbook.book.build

pdf: book
	@$(BIN)/python -m rnnbook.book.pdf

sheets: book
	@$(BIN)/python -m rnnbook.book.sheets $(PAGES)

epub: book
	@$(BIN)/python -m rnnbook.book.epub

slides: book
	@$(BIN)/python -m rnnbook.book.slides

test: book
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-quick: $(READY)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not browser"

test-kernels: $(READY)
	$(BIN)/python tests/kernels.py $(SIDE_BY_SIDE)

lab: $(READY)
	$(BIN)/python -m jupyterlab --notebook-dir=book

dashboard: $(READY)
	$(BIN)/python -m rnnbook.dashboard

serve: book
	@echo "The book is at http://$(HOST):$(PORT)/ (Ctrl+C stops the server)"
	@$(BIN)/python -m http.server --directory book/_build/html --bind $(HOST) $(PORT)

pictures: book
	@$(BIN)/python -m rnnbook.book.pictures

map: $(READY)
	@$(BIN)/python -m rnnbook.book.map

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

constraints: $(READY)
	@{ head -n 1 constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable | \
	  sed 's/+cpu$$//' | grep -v -i -e ' @ ' -e '^pip==' -e '^wheel==' -e '^passagemath'; } > constraints.txt.new && mv constraints.txt.new constraints.txt

clean:
	rm -rf book/_build build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
