# Two commands do everything:   make book   |   make test
# Each sets up what it needs: a virtual environment, the hashed lock, the package.
PYTHON    ?= python3
VENV      ?= .venv
WORKERS   ?= 2
BIN       := $(VENV)/bin
STAMP     := $(VENV)/.installed
UV        := uv==0.13.9
NOTEBOOKS := $(wildcard book/*.ipynb)

# Behind an institution's proxy its certificate is in the system's store, which uv reads
# only if told to.
export UV_SYSTEM_CERTS := 1

# Several test processes share the cores, so each keeps to one thread; `run` does the
# same, that the committed numbers come from the sums the tests repeat.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
  NUMBA_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope
NBVAL  := --nbval --nbval-current-env --nbval-cell-timeout 300

# What differs between machines, and nothing a reader would miss.
STRIP := cell.metadata.execution metadata.language_info.version \
  metadata.language_info.codemirror_mode metadata.language_info.file_extension \
  metadata.language_info.mimetype metadata.language_info.nbconvert_exporter \
  metadata.language_info.pygments_lexer

.PHONY: all env book test test-slow lint format run lock clean distclean
all: book

env: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "jobteams-lab needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --only-binary :all: --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# After a failed build the doctrees go: Sphinx warns of a page only when it reads it, so
# with them a second `make book` would pass over the warnings that stopped the first.
book: $(STAMP)
	$(BIN)/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@echo "Open _build/html/index.html"

test: $(STAMP)
	$(PYTEST) $(NBVAL) tests book

test-slow: $(STAMP)
	$(PYTEST) -m slow tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# As jupyter-execute, which cannot be told to keep what one cell prints in one piece.
define EXECUTE
import sys, nbclient, nbformat
for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": "book"}}
    nbclient.NotebookClient(
        notebook, timeout=600, coalesce_streams=True, resources=place
    ).execute()
    nbformat.write(notebook, path)
endef
export EXECUTE

# Executes every chapter once, top to bottom, and writes its outputs into the file.
run: $(STAMP)
	$(ONE_THREAD) $(BIN)/python -c "$$EXECUTE" $(NOTEBOOKS)
	$(BIN)/nbstripout --keep-output --keep-count --keep-id --extra-keys "$(STRIP)" $(NOTEBOOKS)

# constraints.txt repeats the lock without its hashes: pip allows no editable install
# beside hashes, and environment.yml needs one.
lock:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -o requirements.lock
	sed -n 's/ *\\$$//; /^[a-z0-9].*==/p' requirements.lock > constraints.txt

clean:
	rm -rf _build

distclean: clean
	rm -rf $(VENV)
