"""The address of an account, from what a user typed."""

import pytest

from custom_components.smartpvms.northbound import normalise_origin


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
