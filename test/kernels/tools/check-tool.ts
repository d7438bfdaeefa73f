import { readFileSync } from "node:fs";

import type { Skeleton } from "../../../src/runtime/shape.ts";
import { check } from "../check.ts";

/**
 * The skeleton of a tool, with as much of its shape as the checks use: the generated module has all of it, and is made
 * when the suite is bundled.
 */
export type Tool<Maps extends object, Progs extends object, Globals extends object = object> = Skeleton<{
  maps: Maps;
  progs: Progs;
  globals: Globals;
}>;

/**
 * Sees a tool print what is so under this kernel. `see` loads and attaches the tool, triggers what it watches, and
 * throws unless what its maps or events say agrees with somebody else. `lacking` says why this kernel can't have the
 * tool: what its programs attach to or read is not there.
 */
export async function checkTool(
  name: string,
  lacking: string | undefined,
  see: () => void | Promise<void>,
): Promise<void> {
  if (lacking === undefined) await check(`${name} agrees`, see);
  else console.log(`# ${name} can't run here: ${lacking}`);
}

/** Why a tool can't attach to functions of the kernel: there are none of these names, or nobody may trace them. */
export function missingFunctions(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !traceableFunctions().has(name));
  return missing.length === 0 ? undefined : `no function ${missing.join(", ")} that can be traced`;
}

let functions: ReadonlySet<string> | undefined;

function traceableFunctions(): ReadonlySet<string> {
  const path = "/sys/kernel/tracing/available_filter_functions";
  functions ??= new Set(readFileSync(path, "latin1").split("\n"));
  return functions;
}
