import type { EnumeratorChange, FieldChange, TypeChange } from "../../btf/diff/diff.ts";
import type { FieldFacts } from "../../btf/diff/facts.ts";
import { printable } from "../../btf/printable.ts";

/** What is compared, and how much of it is printed. */
export interface DiffStyle {
  readonly before: string;
  readonly after: string;
  /** Whether each field that moved has its own line; otherwise neighbours that moved together share one. */
  readonly every: boolean;
}

/** Changes for people: a heading per type, below it a line per change. */
export function* printDiff(changes: readonly TypeChange[], { before, after, every }: DiffStyle): Generator<string> {
  const count = (what: TypeChange["change"]): number => changes.filter(({ change }) => change === what).length;
  yield `From ${printable(before)} to ${printable(after)}: ${count("added")} added, ${count("removed")} removed, ${count("changed")} changed\n`;
  for (const change of changes) {
    const lines = [headingOf(change), ...linesOf(change, every).map((line) => `  ${line}`)];
    yield lines.map((line) => `${printable(line)}\n`).join("");
  }
}

/** Changes for programs: an array of {@link TypeChange}, one on a line. */
export function* diffJson(changes: readonly TypeChange[]): Generator<string> {
  yield "[";
  let before = "\n";
  for (const change of changes) {
    yield `${before}${JSON.stringify(change)}`;
    before = ",\n";
  }
  yield "\n]\n";
}

function headingOf({ kind, name, change, sizeBefore, sizeAfter }: TypeChange): string {
  const size = change === "added" ? sizeAfter : sizeBefore;
  const word = change === "changed" ? "" : ` ${change}`;
  if (size === undefined && sizeAfter === undefined)
    return `${kind} ${name}:${word === "" ? "" : word}`.replace(/:$/u, "");
  const grown = change === "changed" && sizeBefore !== sizeAfter ? `${sizeBefore ?? 0} to ` : "";
  return `${kind} ${name}:${word === "" ? "" : `${word},`} ${grown}${bytes(change === "removed" ? size : sizeAfter)}`;
}

function linesOf(change: TypeChange, every: boolean): string[] {
  const { textBefore, textAfter, fields, enumerators } = change;
  const text = textBefore === textAfter || change.change !== "changed" ? [] : [`- ${textBefore}`, `+ ${textAfter}`];
  return [...text, ...fieldLines(fields, every), ...enumerators.map(enumeratorLine)];
}

function fieldLines(fields: readonly FieldChange[], every: boolean): string[] {
  const lines: string[] = [];
  for (let index = 0; index < fields.length; index++) {
    const run = every ? 1 : runOfMoves(fields, index);
    lines.push(run > 2 ? movedTogether(fields.slice(index, index + run)) : fieldLine(fields[index]));
    if (run > 2) index += run - 1;
  }
  return lines;
}

/** How many fields from `start` on did nothing but move, all as far as the first. */
function runOfMoves(fields: readonly FieldChange[], start: number): number {
  const distance = moveOf(fields[start]);
  if (distance === undefined) return 1;
  let end = start + 1;
  while (end < fields.length && moveOf(fields[end]) === distance) end++;
  return end - start;
}

/** By how many bits a field moved, if that is all that happened to it. */
function moveOf(change: FieldChange | undefined): number | undefined {
  const { before, after } = change ?? {};
  if (before === undefined || after === undefined) return undefined;
  const same = before.type === after.type && before.size === after.size && before.bitSize === after.bitSize;
  return same ? after.bitOffset - before.bitOffset : undefined;
}

function movedTogether(fields: readonly FieldChange[]): string {
  const distance = moveOf(fields[0]) ?? 0;
  const [first, last] = [fields[0]?.field ?? "", fields[fields.length - 1]?.field ?? ""];
  const by = distance % 8 === 0 ? bytes(Math.abs(distance / 8)) : `${Math.abs(distance)} bits`;
  return `~ ${first} … ${last}: ${fields.length} fields moved ${distance < 0 ? "down" : "up"} by ${by}`;
}

function fieldLine(change: FieldChange | undefined): string {
  const { field = "", before, after } = change ?? {};
  if (before === undefined || after === undefined) {
    const only = after ?? before;
    return only === undefined
      ? ""
      : `${after === undefined ? "-" : "+"} ${field}: ${typeOf(only)} at ${placeOf(only)}, ${bytes(only.size)}`;
  }
  const facts = [
    before.type === after.type && before.bitSize === after.bitSize ? "" : `${typeOf(before)} is now ${typeOf(after)}`,
    before.size === after.size ? "" : `resized from ${before.size} to ${bytes(after.size)}`,
    before.bitOffset === after.bitOffset ? "" : `moved from ${placeOf(before)} to ${placeOf(after)}`,
  ];
  return `~ ${field}: ${facts.filter((fact) => fact !== "").join(", ")}`;
}

function typeOf({ type, bitSize }: FieldFacts): string {
  return bitSize === 0 ? type : `${type} : ${bitSize}`;
}

/** Bytes, and for a bit-field bits behind a colon. */
function placeOf({ bitOffset, bitSize }: FieldFacts): string {
  const byte = Math.floor(bitOffset / 8);
  return bitSize === 0 ? `${byte}` : `${byte}:${bitOffset % 8}`;
}

function enumeratorLine({ enumerator, before, after }: EnumeratorChange): string {
  if (before === undefined) return `+ ${enumerator} = ${after?.value ?? ""}`;
  if (after === undefined) return `- ${enumerator} = ${before.value}`;
  return `~ ${enumerator}: ${before.value} is now ${after.value}`;
}

function bytes(count: number | undefined): string {
  return count === 1 ? "1 byte" : `${count ?? 0} bytes`;
}
