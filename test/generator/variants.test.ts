import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parseRecordFlags } from "../../src/cli/record-flags.ts";
import { generateSkeleton } from "../../src/generator/index.ts";
import type { Codec } from "../../src/runtime/codec.ts";
import { Memory } from "../../src/runtime/memory.ts";
import { RecordView } from "../../src/runtime/record-view.ts";
import { codecOf, evaluateModule } from "./support/evaluate.ts";
import { variantsRecords } from "./support/variants-records.ts";

const object = readFileSync(new URL("../golden/variants.bpf.o", import.meta.url));
let module: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  module = evaluateModule((await generateSkeleton(object, { records: variantsRecords })).text);
}, 60_000);

/** Little-endian numbers one after the other: `[size, value]`, or bytes. */
function record(...parts: (readonly [size: number, value: number] | string)[]): Uint8Array {
  const bytes = Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(part);
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(part[1]));
      return bytes.subarray(0, part[0]);
    }),
  );
  return Uint8Array.from(bytes);
}

/** What a codec makes of a record that lies in a ring full of ones, read at once and member by member. */
function read(codec: string, bytes: Uint8Array): unknown {
  const ring = new Memory(
    Uint8Array.from([...new Array<number>(8).fill(1), ...bytes, ...new Array<number>(200).fill(1)]),
    true,
  );
  ring.end = 8 + bytes.length;
  const chosen = codecOf(module, codec);
  const whole = chosen.read(ring, 8);
  const place = new RecordView(ring);
  const viewed = chosen.view?.(place);
  place.enter(8);
  expect({ ...viewed?.() }).toEqual(whole);
  return whole;
}

const exec = record([4, 1], [4, 7], "sh\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
const exit = record([4, 2], [4, 8], [4, 4], [4, -5]);

describe("structs that a member tells apart", () => {
  it.each([
    ["one", exec, { kind: 1, pid: 7, comm: "sh" }],
    ["the other", exit, { kind: 2, pid: 8, type: 4, status: -5 }],
    [
      "one with a flexible array, by its length",
      record([4, -3], [4, 9], "a line"),
      { kind: -3, pid: 9, text: "a line" },
    ],
    ["an empty flexible array", record([4, -3], [4, 9]), { kind: -3, pid: 9, text: "" }],
    ["more than the struct", record([4, 2], [4, 8], [4, 4], [4, -5], [4, 6]), { kind: 2, pid: 8, type: 4, status: -5 }],
    ["a value that none has", record([4, 7], [4, 9]), { kind: undefined, bytes: record([4, 7], [4, 9]) }],
    ["too short for the member", record([2, 1]), { kind: undefined, bytes: record([2, 1]) }],
    ["nothing", new Uint8Array(), { kind: undefined, bytes: new Uint8Array() }],
  ])("%s", (_what, bytes, expected) => {
    expect(read("EventsRecord", bytes)).toEqual(expected);
  });

  it("end where they end, if programs send them in part: what is missing is zeros", () => {
    expect(read("EventsRecord", record([4, 2], [4, 8], [1, 4]))).toEqual({ kind: 2, pid: 8, type: 4, status: 0 });
  });

  it("may be told apart by a bool", () => {
    expect(read("FlagsRecord", record([8, 1], [1, 1], [7, 0]))).toEqual({ kind: true, bytes: 1n });
    expect(read("FlagsRecord", record([8, 2], [1, 0], [23, 3]))).toMatchObject({ kind: false, bytes: 2n });
    expect(read("FlagsRecord", record([8, 2]))).toEqual({ kind: undefined, bytes: record([8, 2]) });
  });
});

describe("structs that a bit-field in a struct of its own tells apart", () => {
  const header = (kind: number): Record<string, number> => ({ version: 1, flags: 5, kind });

  it("get a property that tells", () => {
    expect(read("FilesRecord", record([1, 1], [1, 5 | (17 << 3)], [2, 7], [4, 0], [8, 99]))).toEqual({
      type: "opened",
      header: header(17),
      mode: 7,
      inode: 99n,
    });
    expect(read("FilesRecord", record([1, 1], [1, 5 | (3 << 3)], [2, 0], [4, 9], "x".repeat(24)))).toMatchObject({
      type: "closed",
      header: header(3),
      fd: 9,
    });
    expect(read("FilesRecord", record([1, 1], [1, 5]))).toEqual({ type: undefined, bytes: record([1, 1], [1, 5]) });
  });
});

describe("structs that their size tells apart", () => {
  it("in a perf buffer, where records are rounded up", () => {
    const padded = Buffer.concat([exec, Buffer.alloc(4)]);
    expect(read("SamplesRecord", padded)).toEqual({ type: "exec_event", kind: 1, pid: 7, comm: "sh" });
    expect(read("SamplesRecord", exec)).toEqual({ type: undefined, bytes: Uint8Array.from(exec) });
  });

  it("in a ring buffer, where they are not; and the property that tells has a free name", async () => {
    const records = parseRecordFlags(["events=exec_event,exit_event"]);
    module = evaluateModule((await generateSkeleton(object, { records })).text);
    expect(read("EventsRecord", exec)).toEqual({ recordType: "exec_event", kind: 1, pid: 7, comm: "sh" });
    expect(read("EventsRecord", exit)).toEqual({ recordType: "exit_event", kind: 2, pid: 8, type: 4, status: -5 });
    const odd = exit.subarray(1);
    expect(read("EventsRecord", odd)).toEqual({ recordType: undefined, bytes: Uint8Array.from(odd) });
    module = evaluateModule((await generateSkeleton(object, { records: variantsRecords })).text);
  });
});

it("what was read is written as it was", () => {
  for (const [name, bytes] of [
    ["EventsRecord", exec],
    ["EventsRecord", exit],
    ["EventsRecord", Uint8Array.of(9, 9, 9, 9, 9)],
  ] as const) {
    const codec = codecOf(module, name) as Codec<unknown>;
    const from = new Memory(bytes, true);
    const to = new Uint8Array(bytes.length).fill(0xff);
    codec.write(new Memory(to, true), 0, codec.read(from, 0));
    expect([...to]).toEqual([...bytes]);
  }
});

describe("structs that can't be told apart", () => {
  it.each([
    ["events=exec_event,yes,nope", 'the object has no struct or union "nope"'],
    ["events=opened,exit_event", "opened and exit_event both have 16 bytes, so the size does not tell them apart"],
    ["events=yes,yes", "yes and yes both have 16 bytes, so the size does not tell them apart"],
    ["events=exec_event,line_event", "line_event ends in a flexible array, so its size does not tell it apart"],
    [
      "samples=yes,exit_event",
      "yes and exit_event both have records of 20 bytes, as perf buffers round them up, so the size does not tell them apart",
    ],
    [
      "events=kind:0=exec_event,1=elsewhere",
      "kind is not at the same place in all structs: at byte 0 of exec_event, at byte 4 of elsewhere",
    ],
    [
      "events=kind:0=exec_event,1=wider",
      "kind is not of the same type in all structs: a signed number of 32 bits in exec_event, an unsigned number of 64 bits in wider",
    ],
    ["events=kind:0=exec_event,1=floating", "kind of floating is no integer, and tags are"],
    ["events=header:0=opened", "header of opened is no integer, and tags are"],
    ["events=kind:0=exec_event,1=what", "what has no member kind"],
    ["events=kin:0=exec_event,1=exit_event", "exec_event has no member kin"],
    ["files=header.knd:3=closed", "closed has no member header.knd"],
    ["files=fd.kind:3=closed", "closed has no member fd.kind"],
    ["events=kind:KIND_EXECS=exec_event", "the enum of kind has no value KIND_EXECS"],
    ["flags=kind:yes=yes", '"yes" is no number, and kind is no enum whose values have names'],
    ["flags=kind:2=yes", "kind is an unsigned number of 8 bits and never 2"],
    ["files=header.kind:32=opened", "header.kind is an unsigned number of 5 bits and never 32"],
    ["files=header.kind:-1=opened", "header.kind is an unsigned number of 5 bits and never -1"],
    ["events=kind:1=exec_event,KIND_EXEC=exit_event", "it names two structs for kind 1: exec_event and exit_event"],
  ])("--record %s", async (flag, problem) => {
    const generating = generateSkeleton(object, { fileName: "variants.bpf.o", records: parseRecordFlags([flag]) });
    const message = `variants.bpf.o: --record ${flag}: ${problem}`;
    await expect(generating).rejects.toMatchObject({ name: "CoreGenError", code: "bad-input", message });
  });
});
