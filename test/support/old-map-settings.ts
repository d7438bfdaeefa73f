import { readFileSync } from "node:fs";
import { defineSkeleton } from "../../src/runtime/skeleton.ts";
import { u32, u64, u8 } from "../../src/runtime/codecs.ts";
import type { BpfMap } from "../../src/runtime/maps/bpf-map.ts";
import type { Skeleton } from "../../src/runtime/shape.ts";
import type { MapSettingsShape } from "../objects/map-settings.skel.ts";

type Maps = Omit<MapSettingsShape["maps"], "jobs"> & { jobs: BpfMap };

/** The skeleton of map-settings.bpf.o as core-gen 0.1 wrote it: queues had no class, and their sizes were free. */
export const oldMapSettings: Skeleton<Omit<MapSettingsShape, "maps"> & { maps: Maps }> = defineSkeleton({
  format: 1,
  name: "map-settings",
  object: () => readFileSync(new URL("../objects/map-settings.bpf.o", import.meta.url)),
  maps: {
    optional: { type: "array", value: u64 },
    counts: { type: "hash", key: u32, value: u64 },
    jobs: { type: "other" },
  },
  progs: ["guarded", "sum", "needs"],
  globals: {
    rodata: { section: ".rodata", size: 8, fields: { use_optional: [0, u8], length: [4, u32] } },
    bss: { section: ".bss", size: 8, fields: { total: [0, u64] } },
  },
});
