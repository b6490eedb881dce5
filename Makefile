# `make demo` sets up and replays our own home capture; `make test` sets up and passes the tests. Both need only Python 3.11 or newer.
# A C compiler makes reading fast; without one the decoder runs as plain Python and says so.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETTINGS := pyproject.toml setup.py constraints.txt

.PHONY: demo test system lint types unit plain nightly site papers clean

demo: $(VENV)/installed
	$(BIN)/lanwitness replay pcaps/home/capture.pcapng

test: system $(VENV)/dev lint types unit plain

$(VENV)/installed: $(SETTINGS)
	@echo "1/2 an environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "2/2 the program and its libraries (half a minute to two)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/dev: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,explain]'
	touch $@

# Debian packages that the tests need; installed where apt-get and root are at hand, else the tests that need them say what is missing.
system:
	@sh tests/system-packages

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

# The compiled decoder must be there and newer than its source: CI fails where it silently fell back.
unit:
	LANWITNESS_COMPILED=1 $(BIN)/python setup.py --quiet build_ext --inplace
	$(BIN)/python -c "import sys; from sensor.decode.engine import Engine; sys.exit(0 if Engine(local=[], ethertypes=set(), ip_protocols=set()).compiled else 'the decoder is not compiled')"
	LANWITNESS_COMPILED=1 $(BIN)/python -m pytest -n auto

# The same decoder as plain Python, in a copy without the built module.
plain: export LANWITNESS_PLAIN = 1
plain:
	rm -rf $(VENV)/plain && mkdir $(VENV)/plain
	tar --exclude='*.so' --exclude='*.c' -cf - sensor signatures tests pcaps docs pyproject.toml setup.py | tar -C $(VENV)/plain -xf -
	cd $(VENV)/plain && PYTHONPATH=. ../../$(BIN)/python -m pytest -n auto -q tests/decode tests/capture tests/test_pcaps.py

# The documentation as a static site, in build/site.
site: $(VENV)/dev
	$(BIN)/python deploy/site/build.py

# Wheel, sdist, bill of materials and notices of a release, in build/papers.
papers: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[release]'
	$(BIN)/python deploy/papers.py

nightly: $(VENV)/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[release]'
	$(BIN)/python -m pytest -n auto -m nightly
	$(BIN)/python bench/corpus.py --captures 10000
	$(BIN)/python bench/faults.py sensor/protocols sensor/parsing sensor/flows sensor/capture sensor/detectors \
	  sensor/evidence dashboard/auth --most 3 --seed $$(date +%j)

clean:
	rm -rf $(VENV) build *.egg-info sensor/decode/*.so sensor/decode/*.c
