"""A browser for the pages, started when the first test asks for it."""

from importlib.resources import files
from importlib.util import find_spec

import pytest
from tests.browser import Visit, give_up, new_context, start_browser


@pytest.fixture(scope="session")
def browser():
    yield from start_browser()


@pytest.fixture(scope="session")
def window(browser):
    """The window of every page that asks for none of its own."""
    window = new_context(browser)
    yield window
    window.close()


@pytest.fixture
def visit(browser, window, tmp_path):
    """Return a function that writes a graph's page, opens it, and closes it after the test.

    change: edits the text of the page before it is opened.
    """
    pages, windows = [], []

    def open_page(graph, change=str, **options):
        if options:
            windows.append(new_context(browser, **options))
        file = tmp_path / f"page{len(pages)}.html"
        file.write_text(change(graph.to_html()), encoding="utf-8")
        pages.append(Visit(windows[-1] if options else window, file))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()
    for opened in windows:
        opened.close()


@pytest.fixture(scope="session")
def axe():
    """The script of axe-core, which finds what is not accessible."""
    package = "axe_playwright_python"
    if not find_spec(package):
        give_up(f"{package} is not installed")
    return files(package).joinpath("axe.min.js").read_text(encoding="utf-8")
