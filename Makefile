# `make help` lists what can be done; ARGS="..." is passed on to the program behind.

PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes
EDITABLE := $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
	--no-deps --no-build-isolation --editable .
CATALOGUES := $(wildcard core/translations/*/LC_MESSAGES/*.po plugins/*/translations/*/LC_MESSAGES/*.po)
LOCALES := zh_Hans_CN en
LOCK := uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--quiet --extra build --extra evidence --extra s3

.DELETE_ON_ERROR:
.PHONY: help demo test lint check pytest soak bench lock translations catalogues system clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: .venv/.runtime ## everything on this machine with demo data, e.g. ARGS="--port 8001 --today 2020-11-12"
	@exec .venv/bin/dudao demo $(ARGS)

test: .venv/.test ## all checks and all tests, e.g. ARGS="-k name"
	@sh .ci/system
	@$(MAKE) --no-print-directory check pytest

lint: .venv/.test check ## the checks without the tests

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	@$(MAKE) --no-print-directory catalogues

pytest:
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: .venv/.test ## hours of breaking things
	$(PYTHON) -m pytest -m soak $(ARGS)

bench: .venv/.test ## measure, each figure as a ratio to a baseline of the same run
	.venv/bin/dudao bench $(ARGS)

lock: ## renew the locked versions in requirements/
	@command -v uv >/dev/null || { echo "install uv first, e.g. pip install uv" >&2; exit 1; }
	$(LOCK) --upgrade --extra test --extra dev --output-file requirements/test.txt
	$(LOCK) --constraint requirements/test.txt --output-file requirements/runtime.txt

translations: .venv/.test ## bring the catalogues up to date with the texts, and compile them
	$(PYTHON) -m babel.messages.frontend --quiet extract -F pyproject.toml --no-wrap --sort-by-file \
		--omit-header -o .venv/messages.pot core templates
	for locale in $(LOCALES); do \
		$(PYTHON) -m babel.messages.frontend --quiet update --init-missing --no-fuzzy-matching --no-wrap \
			--ignore-obsolete --omit-header -i .venv/messages.pot -d core/translations -l $$locale || exit 1; \
	done
	for plugin in $(patsubst %/templates,%,$(wildcard plugins/*/templates)); do \
		$(PYTHON) -m babel.messages.frontend --quiet extract -F pyproject.toml --no-wrap --sort-by-file \
			--omit-header -o .venv/plugin.pot $$plugin || exit 1; \
		for locale in $(LOCALES); do \
			$(PYTHON) -m babel.messages.frontend --quiet update --init-missing --no-fuzzy-matching --no-wrap \
				--ignore-obsolete --omit-header -i .venv/plugin.pot -d $$plugin/translations -l $$locale || exit 1; \
		done; \
	done
	$(EDITABLE)

catalogues:
	@test ! -e core/translations/en/LC_MESSAGES/messages.po || $(PYTHON) .ci/catalogues

clean: ## remove what was built and installed here; data stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Installed once, and again when what is installed changes.
.venv/.runtime: requirements/runtime.txt setup.cfg setup.py pyproject.toml $(CATALOGUES)
	@sh .ci/venv
	@echo "installing Dudao into .venv"
	@$(PIP) --requirement requirements/runtime.txt
	@$(EDITABLE)
	@touch $@

.venv/.test: .venv/.runtime requirements/test.txt
	@echo "installing the test tools into .venv"
	@$(PIP) --requirement requirements/test.txt
	@touch $@
