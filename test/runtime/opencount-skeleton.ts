import { readFileSync } from "node:fs";
import type { Codec } from "../../src/runtime/codec.ts";
import { u32, u64 } from "../../src/runtime/codecs.ts";
import type { HashMap } from "../../src/runtime/maps/hash-map.ts";
import type { Program } from "../../src/runtime/programs/program.ts";
import type { RingBuffer } from "../../src/runtime/records/ring-buffer.ts";
import type { Loaded, Skeleton } from "../../src/runtime/shape.ts";
import { defineSkeleton } from "../../src/runtime/skeleton.ts";
import type { SkeletonSpec } from "../../src/runtime/spec.ts";

/** The object of examples/opencount. */
export const opencountObject: URL = new URL("../../examples/opencount/opencount.bpf.o", import.meta.url);

export interface Report {
  pid: number;
  uid: number;
  opens: bigint;
  when_ns: bigint;
  comm: string;
  filename: string;
}

const Report: Codec<Report> = {
  size: 168,
  read: (from, at) => ({
    pid: from.u32(at),
    uid: from.u32(at + 4),
    opens: from.u64(at + 8),
    when_ns: from.u64(at + 16),
    comm: from.text(at + 24, 16),
    filename: from.text(at + 40, 128),
  }),
  write: () => {
    throw new Error("records are only read");
  },
};

export interface OpencountShape {
  maps: { opens_by_pid: HashMap<number, bigint>; reports: RingBuffer<Report> };
  progs: { handle_openat: Program };
  globals: {
    rodata: { report_every: bigint; only_uid: number };
    bss: { total_opens: bigint; dropped_reports: bigint };
  };
}

// As generated modules have it: errors and hovers then say Opencount.

export interface Opencount extends Loaded<OpencountShape> {}

/** What a generated module for examples/opencount says, written by hand from `bpftool btf dump`. */
export const opencountSpec: SkeletonSpec = {
  format: 1,
  name: "opencount",
  object: () => readFileSync(opencountObject),
  maps: { opens_by_pid: { type: "hash", key: u32, value: u64 }, reports: { type: "ringbuf", record: Report } },
  progs: ["handle_openat"],
  globals: {
    rodata: { section: ".rodata", size: 12, fields: { report_every: [0, u64], only_uid: [8, u32] } },
    bss: { section: ".bss", size: 16, fields: { total_opens: [0, u64], dropped_reports: [8, u64] } },
  },
};

export const opencount: Skeleton<OpencountShape, Opencount> = defineSkeleton(opencountSpec);
