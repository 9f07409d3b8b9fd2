import { DEVICES, type DeviceName } from "../../src/train/device.ts";

/** What `--device` names. */
export function parseDevice(value: string): DeviceName {
  const device = DEVICES.find((name) => name === value);
  if (device === undefined) {
    throw new RangeError(`--device must be one of ${DEVICES.join(", ")}, not ${value}`);
  }
  return device;
}
