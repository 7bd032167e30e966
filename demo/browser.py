"""A browser that is logged in to the demo's Home Assistant."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import shutil
import subprocess
import time
from types import MappingProxyType
from typing import Any, Final, Literal

from playwright.async_api import Page, ViewportSize, async_playwright

from .client import HomeAssistantClient
from .processes import DemoError

Scheme = Literal["light", "dark"]

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
INSTALL: Final = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
# No sandbox, because CI runs as root in a container. No GPU, so that pictures are the
# same on every machine.
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PAGE_SECONDS: Final = 60
# State of the sidebar, which would need space in the pictures.
HIDDEN: Final = "always_hidden"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def chromium() -> Path:
    """Return the path of Chromium; as root it is installed if missing."""
    if (
        not (found := _find_chromium())
        and os.geteuid() == 0
        and shutil.which(INSTALL[0])
    ):
        print("Installing Chromium", flush=True)
        subprocess.run((INSTALL[0], "-qq", "update"), check=True)
        subprocess.run((INSTALL[0], "-qq", *INSTALL[1:]), check=True)
        found = _find_chromium()
    if not found:
        raise DemoError(f"This needs Chromium: sudo {' '.join(INSTALL)}")
    return found


def _find_chromium() -> Path | None:
    paths = (shutil.which(name) for name in NAMES)
    return next((Path(path) for path in paths if path), None)


@asynccontextmanager
async def logged_in_page(
    client: HomeAssistantClient,
    scheme: Scheme,
    size: ViewportSize,
    stored: Mapping[str, str] = NOTHING,
    scale: float = 1.5,
) -> AsyncIterator[Page]:
    """Open the frontend as the client's user.

    The tokens are stored as the login page stores them. `stored`: further items of the
    browser's local storage.
    """
    kept = {
        "hassTokens": json.dumps(_tokens(client)),
        "dockedSidebar": json.dumps(HIDDEN),
        **stored,
    }
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=ARGUMENTS
        )
        context = await browser.new_context(
            viewport=size,
            device_scale_factor=scale,
            color_scheme=scheme,
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PAGE_SECONDS * 1000)
        for key, text in kept.items():
            item = json.dumps(text)
            await context.add_init_script(f"localStorage.setItem('{key}', {item})")
        yield await context.new_page()
        await browser.close()


def _tokens(client: HomeAssistantClient) -> dict[str, Any]:
    return {
        **client.tokens,
        "hassUrl": client.address,
        "clientId": client.client_id,
        "expires": int((time.time() + client.tokens["expires_in"]) * 1000),
    }
