"""Driving pages in a real browser, for any test that wants it: one browser for all of them."""

import os
import shutil

import pytest

__all__ = ["Visit", "give_up", "new_context", "start_browser"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
REQUIRED = os.environ.get("CHAINRULE_BROWSER") == "required"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def give_up(reason):
    """Skip, or fail where a browser is required."""
    if REQUIRED:
        pytest.fail(f"CHAINRULE_BROWSER=required, but {reason}", pytrace=False)
    pytest.skip(reason)


def start_browser():
    """Yield the system's Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        give_up(f"there is none of {', '.join(NAMES)} on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


def new_context(browser, **options):
    """Open a window of its own."""
    return browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)


class Visit:
    """A page opened from a file, offline; what it asked for and what it complained of."""

    def __init__(self, context, file):
        context.set_offline(True)
        self.page = context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.url = file.as_uri()
        self.page.goto(self.url)

    def text(self, selector):
        """Return the text of the one element of this kind, each run of blanks as one."""
        return " ".join(self.page.locator(selector).text_content().split())

    def press(self, *keys):
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def close(self):
        """Close the page; it must not have asked for anything, nor complained."""
        self.page.close()
        assert [self.url] == self.requests
        assert self.complaints == []
