import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { helpers, mapTypes, programTypes } from "../../src/object/bpf-enums.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { features } from "../../src/runtime/kernel/public-features.ts";

/** What `bpftool -j feature probe` prints. */
interface Probed {
  readonly program_types: Readonly<Record<string, boolean>>;
  readonly map_types: Readonly<Record<string, boolean>>;
  readonly helpers: Readonly<Record<string, readonly string[]>>;
  readonly misc: Readonly<Record<string, boolean>>;
}

/** What {@link compareFeatures} found. */
export interface FeatureComparison {
  /** Questions to which both have given the same answer, by what they are about. */
  readonly same: Readonly<Record<"program types" | "map types" | "helpers" | "features", number>>;
  /** The others, a line each. */
  readonly differences: readonly string[];
}

const cache = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? homedir(), ".cache");
const bpftool = join(cache, "core-gen-referee/bpftool");

/** Why there is nothing to compare with, or undefined. */
export function featuresLack(): string | undefined {
  return existsSync(bpftool) ? undefined : "sid's bpftool is not there: npm run referee:build";
}

/** Program types whose helpers neither can probe without more than a type. */
const withoutHelpers: readonly string[] = ["tracing", "ext", "lsm", "struct_ops"];
/** Helpers that only `bpftool feature probe full` tries, because the kernel writes about them into its log. */
const loud: readonly string[] = ["unspec", "trace_printk", "trace_vprintk", "probe_write_user"];

/** Asks bpftool and ourselves what the running kernel can. */
export function compareFeatures(): FeatureComparison {
  const theirs = JSON.parse(execFileSync(bpftool, ["-j", "feature", "probe"], { encoding: "utf8" })) as Probed;
  const comparison = new Comparison();
  for (const type of programTypes) {
    const their = theirs.program_types[`have_${type}_prog_type`];
    if (their !== undefined) comparison.add("program types", type, their, features.programType(type));
    const available = theirs.helpers[`${type}_available_helpers`];
    if (available === undefined || withoutHelpers.includes(type)) continue;
    for (const helper of helpers.filter((name) => !loud.includes(name))) {
      const has = available.includes(`bpf_${helper}`);
      comparison.add("helpers", `bpf_${helper} of ${type}`, has, features.helper(type, helper));
    }
  }
  for (const type of mapTypes) {
    const their = theirs.map_types[`have_${type}_map_type`];
    const ours = features.mapType(type);
    // libbpf's probe of struct_ops sets `value_type_btf_obj_fd`, which came with Linux 6.9: it misses those before that.
    const missed = type === "struct_ops" && their === false && ours;
    if (their !== undefined && !(missed && !kernelIsAtLeast([6, 9]))) comparison.add("map types", type, their, ours);
  }
  for (const [name, their] of Object.entries(theirs.misc)) {
    const feature = features.names.find((one) => miscName(one) === name);
    comparison.add("features", name, their, feature && features.has(feature));
  }
  return comparison;
}

class Comparison implements FeatureComparison {
  readonly same = { "program types": 0, "map types": 0, helpers: 0, features: 0 };
  readonly differences: string[] = [];

  add(kind: keyof Comparison["same"], what: string, theirs: boolean, ours: boolean | undefined): void {
    if (theirs === ours) this.same[kind]++;
    else this.differences.push(`${kind}: bpftool says ${theirs} of ${what}, core-gen ${ours ?? "nothing"}`);
  }
}

/** What bpftool calls a feature. */
function miscName(feature: string): string {
  const isa = /^isa-(v\d)$/u.exec(feature)?.[1];
  return isa === undefined ? `have_${feature.replaceAll("-", "_")}` : `have_${isa}_isa_extension`;
}
