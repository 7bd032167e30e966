"""The dashboard strategy's files: served once, with the right types."""

from http import HTTPStatus
import io
from pathlib import Path
import subprocess
import tarfile

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.dashboard import FOLDER

from ..conftest import make_entry

ROOT = Path(__file__).parents[2]


async def _module(hass: HomeAssistant) -> str:
    integration = await async_get_integration(hass, DOMAIN)
    return f"/{DOMAIN}/{integration.version}/smartpvms.js"


@pytest.fixture
async def frontend(hass: HomeAssistant, url: str) -> None:
    """Set the frontend up, then the integration with two accounts."""
    assert await async_setup_component(hass, "frontend", {})
    entries = [make_entry(url), make_entry(url, "somebody")]
    for entry in entries:
        entry.add_to_hass(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("frontend")
async def test_every_browser_loads_the_module_once(hass: HomeAssistant) -> None:
    loaded = [url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if DOMAIN in url]
    assert loaded == [await _module(hass)]


@pytest.mark.usefixtures("frontend")
async def test_files_are_kept_with_their_version(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    client = await hass_client_no_auth()
    module = await _module(hass)
    folder = module.rpartition("/")[0]
    for path in (p for p in FOLDER.rglob("*") if p.is_file()):
        answer = await client.get(f"{folder}/{path.relative_to(FOLDER)}")
        assert answer.status == HTTPStatus.OK
        types = {".js": "text/javascript", ".json": "application/json"}
        assert answer.content_type == types.get(path.suffix, "image/svg+xml")
        assert "max-age" in answer.headers["Cache-Control"]
        assert await answer.read() == path.read_bytes()


@pytest.mark.usefixtures("frontend")
async def test_images_have_an_address_that_stays(
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    client = await hass_client_no_auth()
    answer = await client.get(f"/{DOMAIN}/images/solar.svg")
    assert answer.content_type == "image/svg+xml"
    assert "Cache-Control" not in answer.headers
    # What is Python stays with Python.
    for path in ("images/../__init__.py", "__init__.py"):
        answer = await client.get(f"/{DOMAIN}/{path}")
        assert answer.status == HTTPStatus.NOT_FOUND


async def test_nothing_happens_without_a_frontend(
    hass: HomeAssistant, url: str
) -> None:
    make_entry(url).add_to_hass(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert DATA_EXTRA_MODULE_URL not in hass.data
    resources = hass.http.app.router.resources()
    assert not any(f"/{DOMAIN}/" in resource.canonical for resource in resources)


def test_modules_texts_and_images_are_packed() -> None:
    # As script/pack does.
    done = subprocess.run(
        ("git", "archive", "HEAD:custom_components/smartpvms"),  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        packed = archive.getnames()
    for name in ("smartpvms.js", "texts/de.json", "images/solar.svg"):
        assert f"dashboard/browser/{name}" in packed
