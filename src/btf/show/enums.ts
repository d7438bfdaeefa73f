import { printable } from "../printable.ts";
import type { Enum64Type, EnumType } from "../types.ts";
import { tabs } from "./style.ts";

/** `enum name { … }` (pahole: `enumeration__fprintf`, which prints the negative numbers of BTF as positive ones). */
export function enumText({ name, size, values }: EnumType | Enum64Type, indent: number, suffix?: string): string {
  const head = `enum${name === "" ? "" : " "}${printable(name)}`;
  // Only declared, not defined.
  if (values.length === 0) return head;
  const column = values.reduce((widest, value) => Math.max(widest, value.name.length), 0);
  const lines = values.map((one) => `${tabs(indent + 1)}${printable(one.name).padEnd(column)} = ${one.value},\n`);
  const packed = size === 4 ? "" : " __attribute__((__packed__))";
  return `${head} {\n${lines.join("")}${tabs(indent)}}${packed}${suffix === undefined ? "" : ` ${suffix}`}`;
}
