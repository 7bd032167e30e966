"""Alarms (reference 2.16)."""

from simulator.dialect import languages
from simulator.envelope import Answer, Refused

from .arguments import Asked

YEAR, MONTH = 365 * 86400, 31 * 86400

SLACK = 3600
"""Seconds of tolerance, so that the call's transit time refuses no full window."""


def get_alarm_list(asked: Asked) -> Answer:
    """getAlarmList: alarms raised in a window, with their present status."""
    plants = asked.plants()
    begin, end = asked.moment("beginTime"), asked.moment("endTime")
    if begin > end:
        raise Refused(20023)
    if begin < asked.at - YEAR - SLACK:
        raise Refused(20026)
    if end - begin > MONTH + SLACK:
        raise Refused(20027)
    language = asked.text("language")
    if not language:
        raise Refused(20024)
    if language not in languages(
        asked.sim.dialect, asked.sim.alarms.has_more_languages
    ):
        raise Refused(20025)
    rows = [
        alarm.entry(asked.at, language)
        for alarm in asked.sim.alarms.listed(plants, begin, end)
    ]
    filters = {
        key: asked.numbers(parameter)
        for key, parameter in (
            ("status", "status"),
            ("lev", "levels"),
            ("devTypeId", "devTypes"),
            ("alarmType", "types"),
        )
    }
    name = asked.text("devName")
    rows = [
        row
        for row in rows
        if all(kept is None or row[key] in kept for key, kept in filters.items())
        and name in row["devName"]
    ]
    return Answer(rows, message="", extra=(("buildCode", "2"),))
