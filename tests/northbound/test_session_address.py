"""The address of an account, from what a user typed."""

import pytest

from custom_components.smartpvms.northbound import (
    normalise_address,
    normalise_origin,
    trusting,
)
from custom_components.smartpvms.northbound.errors import (
    NoCertificateError,
    PageAddressError,
    PortalAddressError,
)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("eu5.fusionsolar.huawei.com", "https://eu5.fusionsolar.huawei.com"),
        (" EU5.FusionSolar.huawei.com ", "https://eu5.fusionsolar.huawei.com"),
        ("https://eu5.example.com/thirdData/login?a=B#c", "https://eu5.example.com"),
        ("HTTPS://eu5.example.com", "https://eu5.example.com"),
        ("https://eu5.example.com:443", "https://eu5.example.com"),
        ("nms.example.com:27200", "https://nms.example.com:27200"),
        ("https://user:secret@nms.example.com", "https://nms.example.com"),
        ("user:secret@nms.example.com", "https://nms.example.com"),
        ("münchen.example", "https://xn--mnchen-3ya.example"),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://localhost:8475", "http://localhost:8475"),
        ("http://127.0.0.1:8475/", "http://127.0.0.1:8475"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:8475", "http://[::1]:8475"),
    ],
)
def test_an_address_becomes_an_origin(typed: str, origin: str) -> None:
    assert normalise_origin(typed) == origin
    assert normalise_origin(origin) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "https://",
        "https:///thirdData",
        "ftp://example.com",
        "javascript://example.com",
        "a b",
        "https://\x0c#",
        "exa\u200bmple.com",
        "https://example.com:99999",
        "https://example.com:port",
        "https://[::1",
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError):
        normalise_origin(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "http://eu5.example.com",
        "http://192.168.1.10",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0",
    ],
)
def test_a_password_does_not_leave_the_machine_unencrypted(typed: str) -> None:
    with pytest.raises(ValueError, match="not encrypted"):
        normalise_origin(typed)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("EU5.fusionsolar.huawei.com", "https://eu5.fusionsolar.huawei.com"),
        (
            "https://eu5.fusionsolar.huawei.com/thirdData/login",
            "https://eu5.fusionsolar.huawei.com",
        ),
        ("https://nms.example.com/Solar/", "https://nms.example.com/Solar"),
        ("nms.example.com/a/b/thirdData/login", "https://nms.example.com/a/b"),
        ("https://nms.example.com/a/thirdData?x=1#y", "https://nms.example.com/a"),
        ("https://user:secret@nms.example.com:443/a", "https://nms.example.com/a"),
    ],
)
def test_a_path_of_the_interface_is_kept(typed: str, address: str) -> None:
    assert normalise_address(typed) == address
    assert normalise_address(address) == address


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        (
            "https://eu5.fusionsolar.huawei.com/pvmswebsite/index",
            "https://eu5.fusionsolar.huawei.com",
        ),
        ("https://nms.example.com/index.html", "https://nms.example.com"),
        ("https://nms.example.com/?lang=en", "https://nms.example.com"),
        ("https://nms.example.com/a#/LOGIN", "https://nms.example.com"),
    ],
)
def test_a_path_of_a_page_is_refused(typed: str, origin: str) -> None:
    with pytest.raises(PageAddressError) as caught:
        normalise_address(typed)
    assert caught.value.origin == origin


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("region01eu5.fusionsolar.huawei.com", "eu5"),
        ("https://UNI001EU5.fusionsolar.huawei.com/uniportal#/x", "eu5"),
        ("region04la5.fusionsolar.huawei.com", "la5"),
        ("uni003intl.fusionsolar.huawei.com", "intl"),
    ],
)
def test_a_portal_leads_to_its_region(typed: str, region: str) -> None:
    with pytest.raises(PortalAddressError) as caught:
        normalise_address(typed)
    assert caught.value.origin == f"https://{region}.fusionsolar.huawei.com"


def test_a_portal_of_somebody_else_is_a_server() -> None:
    typed = "https://region01eu5.example.com"
    assert normalise_address(typed) == typed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE----- ä",
    ],
)
def test_what_is_no_certificate(text: str) -> None:
    with pytest.raises(NoCertificateError) as caught:
        trusting(text)
    assert "secret" not in str(caught.value)
