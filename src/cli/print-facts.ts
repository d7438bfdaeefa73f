import { printable } from "../btf/printable.ts";
import { tableLines } from "./table.ts";
import type { MapFacts, ObjectFacts } from "./facts.ts";

/** The facts of an object as text for people. */
export function printFacts(fileName: string, facts: ObjectFacts): string {
  const license = facts.license === "" ? "no license" : `license ${JSON.stringify(facts.license)}`;
  const parts = [
    `${printable(fileName)}: BPF object, ${facts.byteOrder}, ${license}`,
    section(
      "Programs",
      facts.programs.map(({ name, section, type, instructions, autoload }) => [
        name,
        section,
        type ?? "unknown section",
        `${instructions} instructions${autoload ? "" : ", not loaded by itself"}`,
      ]),
    ),
    section(
      "Maps",
      facts.maps.map((map) => [map.name, map.kind, sideOf(map, "key"), sideOf(map, "value"), roomOf(map)]),
    ),
    ...facts.globals.map(({ section: name, size, variables }) =>
      section(
        `Globals in ${name}, ${bytes(size)}`,
        variables.map(({ declaration, offset, size }) => [declaration, `at ${offset}`, bytes(size)]),
      ),
    ),
    section(
      "CO-RE relocations",
      Object.entries(facts.relocations).map(([kind, count]) => [kind, `${count}`]),
    ),
    section(
      "Externs",
      facts.externs.map(({ name, kind, weak }) => [name, kind, weak ? "weak" : ""]),
    ),
    section(
      "Records",
      facts.records.map(({ message }) => [message]),
    ),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A heading and aligned columns; nothing when there are no rows. */
function section(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const lines = tableLines(
    rows.map((row) => row.map(printable)),
    "  ",
  );
  return [printable(title), ...lines].join("\n");
}

function sideOf(map: MapFacts, side: "key" | "value"): string {
  const type = map[side];
  const size = side === "key" ? map.keySize : map.valueSize;
  if (size === 0 && type === undefined) return "";
  return `${side} ${type === undefined ? bytes(size) : `${type} (${bytes(size)})`}`;
}

function roomOf({ kind, maxEntries }: MapFacts): string {
  if (kind === "ringbuf" || kind === "user_ringbuf") return bytes(maxEntries);
  return maxEntries === 1 ? "1 entry" : `${maxEntries} entries`;
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
