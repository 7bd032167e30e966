/**
 * Where the power comes from and where it goes, at this moment.
 *
 * A picture of Home Assistant's own `picture-elements` card: a circle for each of PV, grid,
 * house and battery, and dots that move the way the power does. A positive grid power is
 * import, a positive battery power discharge.
 */

import { isAbove, isBelow } from "./cards.js";

export const IMAGES = "/smartpvms/images";

/** Less is standstill: the interface has its noise (kW). */
const STANDSTILL = 0.01;
/** The pictures' width and height; without a battery the lower part is left out. */
const WIDTH = 400;
const HEIGHTS = { tall: 340, short: 230 };
/** All pictures are as high as the tall one. */
const MIDDLE = HEIGHTS.tall / 2;
const NO_ACTION = { action: "none" };

/** Rows: key, place in the pictures, icon, colour, pictures of the way in and out. */
const NODES = [
  {
    key: "pv_power",
    x: 200,
    y: 58,
    icon: "mdi:solar-power-variant",
    color: "var(--energy-solar-color, #ff9800)",
    positive: "solar",
  },
  {
    key: "grid_power",
    x: 64,
    y: 170,
    icon: "mdi:transmission-tower",
    color: "var(--energy-grid-consumption-color, #488fc2)",
    positive: "import",
    negative: "export",
  },
  {
    key: "house_consumption",
    x: 336,
    y: 170,
    icon: "mdi:home",
    color: "#5c6bc0",
    positive: "house",
  },
  {
    key: "battery_power",
    x: 200,
    y: 282,
    icon: "mdi:battery-medium",
    color: "var(--energy-battery-out-color, #4db6ac)",
    positive: "discharge",
    negative: "charge",
  },
];

/** Return the card; undefined where the plant has but one of these powers, or none. */
export function flow(plant) {
  const found = NODES.map((node) => ({ ...node, entity: plant.find(node.key) })).filter(
    ({ entity }) => entity,
  );
  if (found.length < 2) return undefined;
  const size = plant.find("battery_power") ? "tall" : "short";
  const place = placing(HEIGHTS[size]);
  return {
    type: "picture-elements",
    image: `${IMAGES}/flow-${size}.svg`,
    elements: [
      ...found.flatMap((node) => line(node, place)),
      ...found.flatMap((node) => circle(node, place)),
      ...charge(plant, place),
    ],
  };
}

/** Return what turns a place in the pictures into one on the card. */
function placing(height) {
  const percent = (part) => `${Math.round(part * 1000) / 10}%`;
  return (x, y) => ({ left: percent(x / WIDTH), top: percent(y / height) });
}

function line({ key, entity, positive, negative }, place) {
  const overlay = (image) => ({
    type: "image",
    image: `${IMAGES}/${image}.svg`,
    tap_action: NO_ACTION,
    hold_action: NO_ACTION,
    style: { ...place(WIDTH / 2, MIDDLE), width: "100%", "pointer-events": "none" },
  });
  const moving = (image, condition) => ({
    type: "conditional",
    conditions: [condition],
    elements: [overlay(image)],
  });
  return [
    overlay(`line-${key.split("_")[0]}`),
    moving(positive, isAbove(entity, STANDSTILL)),
    ...(negative ? [moving(negative, isBelow(entity, -STANDSTILL))] : []),
  ];
}

function circle({ entity, x, y, icon, color }, place) {
  return [
    {
      type: "state-label",
      entity,
      style: {
        ...place(x, y),
        width: "23%",
        "aspect-ratio": "1",
        "box-sizing": "border-box",
        border: `2px solid ${color}`,
        "border-radius": "50%",
        background: "var(--card-background-color)",
        color: "var(--primary-text-color)",
        display: "flex",
        "align-items": "end",
        "justify-content": "center",
        "padding-bottom": "3%",
        "font-size": "13px",
      },
    },
    {
      type: "icon",
      icon,
      entity,
      style: {
        ...place(x, y - 14),
        color,
        "--mdc-icon-size": "28px",
      },
    },
  ];
}

/** Return the label of the state of charge, where there is exactly one. */
function charge(plant, place) {
  const levels = plant
    .of("battery")
    .flatMap((battery) => battery.findAll(["battery_soc"]));
  if (levels.length !== 1 || !plant.find("battery_power")) return [];
  return [
    {
      type: "state-label",
      entity: levels[0],
      style: {
        ...place(286, 292),
        color: "var(--energy-battery-out-color, #4db6ac)",
        "font-size": "20px",
      },
    },
  ];
}
