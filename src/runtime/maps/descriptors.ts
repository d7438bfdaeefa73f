import { closeSync, constants, openSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { show } from "../value-checks.ts";

/** Not in Node's constants: a place in the file system, without reading, writing or waking what is behind it. */
const O_PATH = 0o10_000_000;

/** Throws a TypeError for what is no number of a descriptor. `what` names it: "a socket". */
export function checkDescriptor(number: unknown, what: string): number {
  if (Number.isInteger(number) && (number as number) >= 0 && (number as number) <= 0x7fff_ffff) return number as number;
  throw new TypeError(`${what} is given by the number of its descriptor, not ${show(number)}`);
}

/** Calls `use` with the descriptor of what is at `place`: a path, or already a descriptor. */
export function withDescriptorOf<T>(place: string | number, what: string, use: (fd: number) => T): T {
  if (typeof place === "number") return use(checkDescriptor(place, what));
  if (typeof place !== "string") throw new TypeError(`${what} is given by its path or descriptor, not ${show(place)}`);
  const fd = open(place, what);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function open(path: string, what: string): number {
  try {
    return openSync(path, O_PATH | constants.O_RDONLY);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CoreGenError("bad-input", `opening ${what} at ${path}: ${code}`, { cause });
  }
}
