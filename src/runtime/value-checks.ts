/** Throws unless `value` is an integer from `min` to `max`, as the C type `type` holds it. */
export function checkInteger(value: number, min: number, max: number, type: string): void {
  if (!Number.isInteger(value) || value < min || value > max) throw wrongInteger(value, min, max, type);
}

/** Throws unless `value` is a bigint from `min` to `max`, as the C type `type` holds it. */
export function checkBigInt(value: bigint, min: bigint, max: bigint, type: string): void {
  if (typeof value !== "bigint") throw new TypeError(`${type} takes a bigint, not ${show(value)}${bigintHint(value)}`);
  if (value < min || value > max) throw outOfRange(value, min, max, type);
}

/** Throws unless `value` is a number that `type` can hold; NaN and the infinities are such numbers. */
export function checkFloat(value: number, type: "f32" | "f64"): void {
  if (typeof value !== "number") throw new TypeError(`${type} takes a number, not ${show(value)}`);
  if (type === "f32" && Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
    throw new RangeError(`${show(value)} is too large for f32`);
}

/** Throws unless `value` is true or false. */
export function checkBoolean(value: boolean): void {
  if (typeof value !== "boolean") throw new TypeError(`bool takes true or false, not ${show(value)}`);
}

/** Throws unless `values` is an array. */
export function checkArray(values: readonly unknown[], type: string): void {
  if (!Array.isArray(values)) throw new TypeError(`${type} takes an array, not ${show(values)}`);
}

/** Throws unless `given`, a number of `what`, is the `count` that the C array `type` has. */
export function checkCount(given: number, count: number, what: string, type: string): void {
  if (given !== count) throw new RangeError(`${type} takes ${count} ${what}, not ${given}`);
}

/** A value as its author wrote it, cut to a length that fits an error message. */
export function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** The error for an index that an array doesn't have; it says all there is to say. */
export class IndexError extends RangeError {}

/** The same kind of error, which also says where the wrong value was meant to go. */
export function withPlace(error: unknown, place: string): unknown {
  if (error instanceof IndexError) return error;
  if (error instanceof RangeError) return new RangeError(`${place}: ${error.message}`, { cause: error });
  if (error instanceof TypeError) return new TypeError(`${place}: ${error.message}`, { cause: error });
  return error;
}

function wrongInteger(value: unknown, min: number, max: number, type: string): Error {
  if (typeof value !== "number") return new TypeError(`${type} takes a number, not ${show(value)}`);
  if (!Number.isInteger(value)) return new RangeError(`${type} takes an integer, not ${show(value)}`);
  return outOfRange(value, min, max, type);
}

function outOfRange(value: unknown, min: number | bigint, max: number | bigint, type: string): RangeError {
  return new RangeError(`${show(value)} does not fit ${type} (${min} to ${max})`);
}

function bigintHint(value: unknown): string {
  return Number.isInteger(value) ? ` (write ${String(value)}n)` : "";
}
