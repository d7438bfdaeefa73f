import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generateSkeleton } from "../../src/generator/index.ts";
import type { Codec } from "../../src/runtime/codec.ts";
import { Memory } from "../../src/runtime/memory.ts";
import { codecOf, evaluateModule, specOf } from "./support/evaluate.ts";

const object = readFileSync(new URL("../golden/records.bpf.o", import.meta.url));

/** What a buffer's codec makes of a record of these bytes, which lies in a ring full of ones. */
async function read(map: string, record: readonly number[], records: Record<string, string> = {}): Promise<unknown> {
  const { text } = await generateSkeleton(object, { records: new Map(Object.entries(records)) });
  const spec = specOf(evaluateModule(text)).maps[map];
  if (spec === undefined || !("record" in spec)) throw new Error(`${map} is no buffer`);
  expect(record.length).toBeGreaterThanOrEqual(spec.record.size);
  const ring = new Memory(Uint8Array.from([...record, ...new Array<number>(200).fill(1)]), true);
  ring.end = record.length;
  return spec.record.read(ring, 0);
}

const started = [1, 0, 0, 0, 115, 104, ...new Array<number>(14).fill(0)];

describe("records that may be one of two structs", { timeout: 60_000 }, () => {
  it("have a member for each, as far as they are long enough", async () => {
    expect(await read("both", started)).toEqual({ started: { pid: 1, comm: "sh" }, stopped: undefined });
    expect(await read("both", [...started, 0, 0, 0, 0])).toEqual({
      started: { pid: 1, comm: "sh" },
      stopped: { pid: 1, status: 0x6873, lived_ns: 0n, slept_ns: 0n },
    });
  });

  it("can be written as either", async () => {
    const codec = codecOf(evaluateModule((await generateSkeleton(object)).text), "BothRecord") as Codec<unknown>;
    const bytes = new Uint8Array(24);
    codec.write(new Memory(bytes, true), 0, { stopped: { pid: 7, status: 1, lived_ns: 2n, slept_ns: 3n } });
    expect([...bytes]).toEqual([7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe("records whose size is decided at run time", { timeout: 60_000 }, () => {
  it("end where they end: what is missing of the struct is zeros", async () => {
    expect(await read("lines", [3, 0, 0, 0, 97, 98, 99], { lines: "line" })).toEqual({ length: 3, text: "abc" });
  });

  it("may be the whole struct and more", async () => {
    const text = new Array<number>(60).fill(122);
    expect(await read("lines", [60, 0, 0, 0, ...text, 9, 9], { lines: "line" })).toEqual({
      length: 60,
      text: "z".repeat(60),
    });
  });
});

it("records of which nothing is known are their bytes", async () => {
  expect(await read("silent", [1, 2, 3])).toEqual(Uint8Array.of(1, 2, 3));
});
