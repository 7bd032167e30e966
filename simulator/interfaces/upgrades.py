"""Upgrades and registration (reference 2.14, 2.15, 2.17)."""

from simulator.dialect import NEWER_TYPES, Dialect
from simulator.envelope import Answer, Refused
from simulator.model import Type

from .arguments import Asked

UPGRADABLE = frozenset({Type.STRING_INVERTER, Type.ENERGY_CENTER})
MOST_UPGRADES, MOST_SERIALS, LONGEST_KEY = 10, 20, 256


def dev_upgrade(asked: Asked) -> Answer:
    """devUpgrade: for each device whether an upgrade runs."""
    rows = []
    for _, device in asked.devices(UPGRADABLE, MOST_UPGRADES, beyond=20018):
        begun = asked.sim.upgrades.begin(device)
        rows.append(
            {"devId": device.id, "result": begun, "failCode": 0 if begun else 20020}
        )
    return Answer(rows)


def get_dev_upgrade_info(asked: Asked) -> Answer:
    """getDevUpgradeInfo: the record of each device that has one."""
    rows = []
    for _, device in asked.devices(UPGRADABLE, MOST_UPGRADES, beyond=20018):
        last = asked.sim.upgrades.last(device)
        if last is None:
            continue
        result, progress = last.state(asked.at)
        rows.append(
            {
                "devId": device.id,
                "lastUpgradeTime": int(last.begun * 1000),
                "sourceVersion": last.source,
                "targetVersion": last.target,
                "process": progress,
                "upgradeResult": int(result),
            }
        )
    if not rows:
        raise Refused(20022)
    return Answer(rows)


def sn_is_register(asked: Asked) -> Answer:
    """snIsRegister: whether serials belong to a plant of the contact ``userName``.

    Failures have failCode 0, ``success`` false and a message.
    """
    extra = (("buildCode", "2"),)
    wanted = [part.strip() for part in asked.text("SN").split(",") if part.strip()]
    user, key = asked.text("userName"), asked.text("key")
    owned = [plant for plant in asked.sim.plants if plant.contact_method == user]
    problem = _problem(wanted, bool(user and owned), key)
    if problem:
        return Answer(dict(asked.body), success=False, message=problem, extra=extra)
    newer = asked.sim.dialect is Dialect.V2022
    serials = {
        device.serial
        for plant in owned
        for device in plant.devices
        if newer or device.type not in NEWER_TYPES
    }
    detail = {serial: serial in serials for serial in wanted}
    data = {"detail": detail, "key": asked.body.get("key")}
    return Answer(data, message="", extra=extra)


def _problem(wanted: list[str], known: bool, key: str) -> str | None:
    """Return the message of a refused question about serials; None if it is valid."""
    if not wanted:
        return "SN can not be empty"
    if len(wanted) > MOST_SERIALS:
        return "SN exceeds the maximum number 20"
    if len(key) > LONGEST_KEY:
        return "key exceeds the maximum length 256"
    return None if known else "user does not exist"
