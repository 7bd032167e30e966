"""The simulated alarms, and their texts by language."""

from dataclasses import dataclass

from .model import Type

_INVERTERS = frozenset({Type.STRING_INVERTER, Type.ENERGY_CENTER})


@dataclass(frozen=True, slots=True)
class Texts:
    """An alarm's name, cause and suggestion in one language."""

    name: str
    cause: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Kind:
    """An alarm of the alarm list (reference 2.16).

    ``level``: 1 critical to 4 warning. ``category``: the alarm type, 1 to 5; real
    servers also send 0. ``types``: types of the devices that raise it; empty: a device
    that is not in the device list.
    """

    alarm_id: int
    cause_id: int
    level: int
    category: int
    types: frozenset[int]
    texts: dict[str, Texts]

    def text(self, language: str) -> Texts:
        """Return the texts in a language such as ``de_DE``, in English by default."""
        return self.texts.get(language[:2], self.texts["en"])


KINDS: tuple[Kind, ...] = (
    Kind(
        2032, 1, 2, 2, _INVERTERS,
        {
            "en": Texts(
                "Grid Loss",
                "The power grid has failed or the AC breaker is off.",
                "1. Check that the grid supplies power.\n2. Check the AC breaker.",
            ),
            "de": Texts(
                "Netzausfall",
                "Das Stromnetz ist ausgefallen oder der AC-Schalter ist aus.",
                "1. Prüfen, ob das Netz Spannung führt.\n2. AC-Schalter prüfen.",
            ),
            "zh": Texts("电网掉电", "电网停电或交流断路器断开。", "1. 检查电网电压。\n2. 检查交流断路器。"),
        },
    ),
    Kind(
        2062, 1, 1, 2, _INVERTERS,
        {
            "en": Texts(
                "Low Insulation Resistance",
                "A PV string touches the ground, or the air is damp.",
                "1. Check the strings' resistance to ground.\n2. Look at the cables.",
            ),
            "de": Texts(
                "Isolationswiderstand niedrig",
                "Ein PV-Strang hat Erdschluss, oder die Luft ist feucht.",
                "1. Widerstand der Stränge gegen Erde messen.\n2. Kabel ansehen.",
            ),
            "zh": Texts("绝缘阻抗低", "光伏组串对地短路或空气潮湿。", "1. 测量组串对地阻抗。\n2. 检查线缆。"),
        },
    ),
    Kind(
        2011, 2, 3, 5, _INVERTERS,
        {
            "en": Texts(
                "String Reversed",
                "A PV string is connected the wrong way round.",
                "Wait for darkness, then swap the string's connectors.",
            ),
            "de": Texts(
                "Strang verpolt",
                "Ein PV-Strang ist falsch herum angeschlossen.",
                "Dunkelheit abwarten, dann die Stecker des Strangs tauschen.",
            ),
            "zh": Texts("组串反接", "光伏组串极性接反。", "待天黑后调换组串接头。"),
        },
    ),
    Kind(
        3012, 1, 2, 2, frozenset({Type.BATTERY, Type.LARGE_STORAGE}),
        {
            "en": Texts(
                "Battery Over-Temperature",
                "The battery stands in the sun, or its vents are blocked.",
                "Shade the battery and clear its vents.",
            ),
            "de": Texts(
                "Batterie zu heiß",
                "Die Batterie steht in der Sonne oder ihre Lüftung ist verdeckt.",
                "Batterie beschatten und Lüftung freimachen.",
            ),
            "zh": Texts("电池过温", "电池受阳光直射或通风口受阻。", "遮挡阳光并清理通风口。"),
        },
    ),
    Kind(
        65534, 1, 2, 2,
        frozenset({Type.POWER_SENSOR, Type.GRID_METER, Type.EMMA, Type.LOGGER}),
        {
            "en": Texts(
                "Device communication interruption",
                "The device no longer answers on its bus.",
                "1. Check its power supply.\n2. Check the communication cable.",
            ),
            "de": Texts(
                "Kommunikation mit dem Gerät unterbrochen",
                "Das Gerät antwortet nicht mehr auf seinem Bus.",
                "1. Stromversorgung prüfen.\n2. Kommunikationskabel prüfen.",
            ),
            "zh": Texts("设备通讯中断", "设备在总线上无应答。", "1. 检查设备供电。\n2. 检查通讯线缆。"),
        },
    ),
    Kind(
        1103, 3, 4, 4, frozenset({Type.DONGLE, Type.LOGGER}),
        {
            "en": Texts(
                "Certificate about to expire",
                "A certificate of the device ends within 30 days.",
                "Load a new certificate onto the device.",
            ),
            "de": Texts(
                "Zertifikat läuft bald ab",
                "Ein Zertifikat des Geräts endet in den nächsten 30 Tagen.",
                "Ein neues Zertifikat auf das Gerät laden.",
            ),
            "zh": Texts("证书即将过期", "设备证书将在30天内过期。", "请为设备加载新证书。"),
        },
    ),
)  # fmt: skip

ODD = Kind(
    40500, -1, 3, 0, frozenset(),
    {
        "en": Texts("Plant disconnected", "Nothing of the plant answers.", ""),
        "de": Texts("Anlage getrennt", "Nichts in der Anlage antwortet.", ""),
        "zh": Texts("电站断连", "电站无应答。", ""),
    },
)  # fmt: skip
"""An alarm of an unlisted device, with numbers that are in no table."""

CATALOGUE = {kind.alarm_id: kind for kind in (*KINDS, ODD)}
