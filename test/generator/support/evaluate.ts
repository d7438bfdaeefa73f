import { transformSync } from "esbuild";
import * as codecs from "../../../src/runtime/codecs.ts";
import type { Codec } from "../../../src/runtime/codec.ts";
import { base64, forArch } from "../../../src/runtime/embed.ts";
import type { SkeletonSpec } from "../../../src/runtime/spec.ts";

/**
 * Runs a generated module without a kernel: with the runtime's own codecs, and a `defineSkeleton` that returns what it
 * is given. The result has the module's exports.
 */
export function evaluateModule(text: string): Readonly<Record<string, unknown>> {
  const { code } = transformSync(text, { loader: "ts", format: "cjs" });
  const module = { exports: {} };
  const runtime = { ...codecs, base64, forArch, defineSkeleton: (spec: SkeletonSpec) => spec };
  // The text of a module that was generated a moment ago: running it is the test.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function("require", "module", "exports", code) as (...args: unknown[]) => void;
  run((name: string) => requireRuntime(name, runtime), module, module.exports);
  return module.exports;
}

function requireRuntime(name: string, runtime: object): object {
  if (name !== "core-gen/runtime") throw new Error(`a generated module imports ${name}`);
  return runtime;
}

/** The literal that a generated module gives to the runtime. */
export function specOf(module: Readonly<Record<string, unknown>>): SkeletonSpec {
  const spec = Object.values(module).find(isSpec);
  if (spec === undefined) throw new Error("the module defines no skeleton");
  return spec;
}

/** A codec that the module exports under this name. */
export function codecOf(module: Readonly<Record<string, unknown>>, name: string): Codec<Record<string, unknown>> {
  // Structs are objects with a property for each member.
  return module[name] as Codec<Record<string, unknown>>;
}

function isSpec(value: unknown): value is SkeletonSpec {
  return typeof value === "object" && value !== null && "format" in value && "progs" in value;
}
