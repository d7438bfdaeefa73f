import { Memory } from "../../../src/runtime/memory.ts";
import type { PerfEventArray } from "../../../src/runtime/records/index.ts";
import type { Program } from "../../../src/runtime/programs/index.ts";

/** A tool that sends records, loaded. */
interface Sending<T> {
  readonly maps: { readonly events: PerfEventArray<T> };
  attach(): void;
  detach(): void;
}

/** Attaches a tool, has something happen, and returns what the tool has sent since, and what `happen` returns. */
export async function recordsOf<T, R>(
  tool: Sending<T>,
  happen: () => Promise<R>,
): Promise<{ records: T[]; result: R }> {
  tool.maps.events.open({ pages: 64 });
  tool.attach();
  const result = await happen();
  tool.detach();
  const records: T[] = [];
  tool.maps.events.consume((record) => records.push(record));
  if (tool.maps.events.lost > 0) throw new Error(`${tool.maps.events.lost} records were lost`);
  return { records, result };
}

/** Settings of programs that are not to be loaded, as the tools leave out what is for other kernels. */
export function without<N extends string>(...names: readonly N[]): Record<N, { autoload: false }> {
  return Object.fromEntries(names.map((name) => [name, { autoload: false }])) as Record<N, { autoload: false }>;
}

/** Programs by name. */
export type Programs<N extends string> = Record<N, Program>;

/** Members of a record whose struct is not in its object, since Debian has stripped that; places are the header's. */
export function membersOf(record: Uint8Array): Memory {
  return new Memory(record);
}
