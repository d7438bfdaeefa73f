import { execFileSync } from "node:child_process";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapInfo } from "../../src/runtime/sys/map-info.ts";

/** A map, as bpftool is told of it. */
interface WithFd {
  readonly name: string;
  readonly fd: number;
}

/** The kernel's id of a map. */
export function idOf({ fd, name }: WithFd): number {
  using own = Fd.duplicate(fd, name);
  return mapInfo(own).id;
}

/** One entry as bpftool prints it: bytes in hexadecimal. */
interface Printed {
  readonly key?: readonly string[];
  readonly value?: readonly string[];
  readonly values?: readonly { readonly cpu: number; readonly value: readonly string[] }[];
}

/** Every entry that bpftool finds, as bytes: its key, and its value or those of all CPUs. Sorted by key. */
export function bpftoolDump(map: WithFd): [key: string, value: string | string[]][] {
  const entries = JSON.parse(bpftool("-j", "map", "dump", "id", `${idOf(map)}`)) as Printed[];
  return entries
    .map((entry): [string, string | string[]] => [hex(entry.key), printedValue(entry)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The value of a key, as bpftool finds it. */
export function bpftoolLookup(map: WithFd, key: Uint8Array): string | string[] {
  const printed = bpftool("-j", "map", "lookup", "id", `${idOf(map)}`, "key", ...words(key));
  return printedValue(JSON.parse(printed) as Printed);
}

export function bpftoolUpdate(map: WithFd, key: Uint8Array, value: Uint8Array): void {
  bpftool("map", "update", "id", `${idOf(map)}`, "key", ...words(key), "value", ...words(value));
}

/** push, pop, enqueue, dequeue and peek of maps without keys; the value that it prints. */
export function bpftoolQueue(map: WithFd, command: string, value?: Uint8Array): string {
  const rest = value === undefined ? [] : ["value", ...words(value)];
  const printed = bpftool("-j", "map", command, "id", `${idOf(map)}`, ...rest);
  return value === undefined ? hex((JSON.parse(printed) as Printed).value) : "";
}

/** Bytes as bpftool's are written here. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** 32-bit words as the kernel has them. */
export function bytesOf(...numbers: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

function bpftool(...args: string[]): string {
  return execFileSync("bpftool", args, { encoding: "utf8" });
}

function printedValue({ value, values }: Printed): string | string[] {
  return values === undefined ? hex(value) : values.map((one) => hex(one.value));
}

function hex(bytes: readonly string[] | undefined): string {
  return (bytes ?? []).map((byte) => byte.slice(2)).join("");
}

function words(bytes: Uint8Array): string[] {
  return Array.from(bytes, String);
}
