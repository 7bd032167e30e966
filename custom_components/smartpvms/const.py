"""Names of the integration."""

import logging
from typing import Final

DOMAIN: Final = "smartpvms"
MANUFACTURER: Final = "Huawei"
LOGGER: Final = logging.getLogger(__package__)

_DOCS: Final = "https://github.com/smartpvms/smartpvms/blob/main/docs"
ACCOUNT_HELP: Final = f"{_DOCS}/account.md"

CONF_CA_CERTIFICATE: Final = "ca_certificate"
# As Home Assistant names the client in the data of an entry.
CONF_IMPLEMENTATION: Final = "auth_implementation"
CONF_CONSENT: Final = "consent"
CONF_PLANTS: Final = "plants"
CONF_EXCLUDED_PLANTS: Final = "excluded_plants"
# What the set-up leaves for later, in the entry's data.
CONF_LEFT_OUT: Final = "left_out"
CONF_ENERGY_PENDING: Final = "energy_pending"
CONF_QUOTA_PROFILE: Final = "quota_profile"
CONF_CURRENCY: Final = "currency"
CONF_TURNED_METERS: Final = "turned_meters"
CONF_TURNED_BATTERIES: Final = "turned_batteries"
CONF_GRID_METERS: Final = "grid_meters"
CONF_CONTROL: Final = "control"
CONF_HISTORY_DAYS: Final = "history_days"
CONF_IMPORT_PRICE: Final = "import_price"
CONF_EARLIER_PRICES: Final = "earlier_prices"
CONF_EXPORT_PRICE: Final = "export_price"

DEFAULT_HISTORY_DAYS: Final = 60

QUOTA_AUTO: Final = "auto"

# The regions' northbound hosts; a company's own management system is typed in.
REGIONS: Final = (
    "https://eu5.fusionsolar.huawei.com",
    "https://intl.fusionsolar.huawei.com",
    "https://la5.fusionsolar.huawei.com",
    "https://sg5.fusionsolar.huawei.com",
    "https://au5.fusionsolar.huawei.com",
    "https://jp5.fusionsolar.huawei.com",
)

# Sent with an `AlarmChange` once Home Assistant has started.
SIGNAL_ALARM: Final = f"{DOMAIN}_alarm"
