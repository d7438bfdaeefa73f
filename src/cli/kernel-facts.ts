import { existsSync } from "node:fs";
import { arch } from "node:os";
import { helpers, mapTypes, programTypes, type HelperName, type ProgramTypeName } from "../object/bpf-enums.ts";
import { features } from "../runtime/kernel/public-features.ts";
import { kernelRelease } from "../runtime/kernel/release.ts";
import { RUNNING_KERNEL } from "./read-btf.ts";

/** What the running kernel can, every answer found out by trying. */
export interface KernelFacts {
  readonly release: string;
  /** Node's name of the machine. */
  readonly arch: string;
  /** Where the kernel's types are, without which CO-RE has nothing to go by; null where it has none. */
  readonly btf: string | null;
  readonly programTypes: Readonly<Record<string, boolean>>;
  readonly mapTypes: Readonly<Record<string, boolean>>;
  readonly features: Readonly<Record<string, boolean>>;
}

/** The helpers of one type of programs. */
export interface HelperFacts {
  readonly programType: ProgramTypeName;
  readonly helpers: Readonly<Record<string, boolean>>;
}

/** Throws a `KernelError` when this process may not load programs. */
export function kernelFacts(): KernelFacts {
  return {
    release: kernelRelease(),
    arch: arch(),
    btf: existsSync(RUNNING_KERNEL) ? RUNNING_KERNEL : null,
    programTypes: answers(known(programTypes), (type) => features.programType(type)),
    mapTypes: answers(known(mapTypes), (type) => features.mapType(type)),
    features: answers(features.names, (name) => features.has(name)),
  };
}

/** Throws as `features.helper` does. */
export function helpersOf(programType: ProgramTypeName): HelperFacts {
  const names = known(helpers);
  return { programType, helpers: answers(names, (helper: HelperName) => features.helper(programType, helper)) };
}

/** Number 0 of the kernel's lists stands for nothing. */
function known<Name extends string>(names: readonly Name[]): Name[] {
  return names.filter((name) => name !== "unspec");
}

function answers<Name extends string>(names: readonly Name[], ask: (name: Name) => boolean): Record<string, boolean> {
  return Object.fromEntries(names.map((name) => [name, ask(name)]));
}
