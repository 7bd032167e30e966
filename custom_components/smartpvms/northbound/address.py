"""The address of a server as a user types it: origin, path prefix, trust."""

import re
import ssl
from typing import Final

from yarl import URL

from .errors import NoCertificateError, PageAddressError, PortalAddressError
from .session import normalise_origin

# Where the paths of all interfaces begin.
_INTERFACES: Final = "/thirdData"
_CLOUD: Final = ".fusionsolar.huawei.com"
# `region01eu5`, `uni001eu5`: web portals of the region `eu5`. They answer a login with
# 404 or a web page (seen on real servers).
_PORTAL: Final = re.compile(r"(?:region|uni)\d{2,3}([a-z]+\d?)")
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"


def normalise_address(typed: str) -> str:
    """Return the origin of what a user typed, with the path that calls begin with.

    A reverse proxy may serve a company's management system below a path. Raises what
    `normalise_origin` raises, PortalAddressError for a region's web portal, and
    PageAddressError where the path is a web page's.
    """
    origin = normalise_origin(typed)
    if region := _region_of_portal(origin):
        raise PortalAddressError(region)
    text = typed.strip()
    url = URL(text if "://" in text else f"https://{text}")
    path, is_interface, _ = url.raw_path.partition(_INTERFACES)
    path = path.rstrip("/")
    is_page = url.raw_query_string or url.raw_fragment or "." in path
    is_cloud = (url.host or "").lower().endswith(_CLOUD)
    if not is_interface and ((path and is_cloud) or is_page):
        raise PageAddressError(origin)
    return origin + path


def _region_of_portal(origin: str) -> str | None:
    """Return the northbound origin of the region whose web portal this is."""
    name, _, rest = (URL(origin).host or "").partition(".")
    found = _PORTAL.fullmatch(name) if f".{rest}" == _CLOUD else None
    return f"https://{found[1]}{_CLOUD}" if found else None


def trusting(certificates: str) -> ssl.SSLContext:
    """Return a TLS context that trusts these certificates (PEM) and no others.

    A company's own certificate need not have all that a public authority's has, so
    the strict form of X.509 is not asked for. Raises NoCertificateError where the text
    holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The server's own certificate may be given in place of its authority's.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if _BEGIN not in certificates or not certificates.isascii():
        raise NoCertificateError("no certificate")
    try:
        context.load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError) as error:
        raise NoCertificateError("no certificate") from error
    return context
