import { printable } from "../../btf/printable.ts";

import { plainOf } from "./to-json.ts";

/** Bytes of which more are not shown. */
const MOST_BYTES = 16;

/** A decoded value for people: nothing in it can steer the terminal. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return printable(value);
  if (value instanceof Uint8Array) {
    const shown = Buffer.from(value.subarray(0, MOST_BYTES)).toString("hex");
    return value.length > MOST_BYTES ? `${shown}…` : shown;
  }
  if (Array.isArray(value)) return `[${value.map(showValue).join(" ")}]`;
  if (typeof value === "object" && value !== null) {
    const plain = plainOf(value);
    if (plain !== value) return showValue(plain);
    return `{${Object.entries(value)
      .map(([name, part]) => `${printable(name)}=${showValue(part)}`)
      .join(" ")}}`;
  }
  return String(value);
}
