import type * as Runtime from "../runtime/index.ts";
import { eraseTypes } from "../generator/erase-types.ts";
import { generateSkeleton, type GenerateOptions } from "../generator/index.ts";

/** What an app imports of a generated module, and the runtime that it uses. */
export interface ImportedSkeleton {
  readonly skeleton: AnySkeleton;
  readonly runtime: typeof Runtime;
  /** What the generator could not decide, for people. */
  readonly messages: readonly string[];
}

/** A skeleton of any shape. */
export interface AnySkeleton {
  open(): AnyOpened;
}

/** Between open and load. */
export interface AnyOpened {
  readonly progs: Readonly<Record<string, { readonly section: string; autoload: boolean }>>;
  /** Besides what has a name here: sections of global data by their names. */
  readonly [section: string]: unknown;
  load(): AnyLoaded;
}

/** In the kernel. */
export interface AnyLoaded {
  readonly maps: Readonly<Record<string, Runtime.BpfMap>>;
  readonly progs: Readonly<Record<string, Runtime.Program>>;
  readonly links: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  readonly [section: string]: unknown;
  attach(): void;
  close(): void;
}

/**
 * Generates the module of an object and imports it, without a file: what an app would do, without the app.
 *
 * Throws as `generateSkeleton` does.
 */
export async function importSkeleton(bytes: Uint8Array, options: GenerateOptions): Promise<ImportedSkeleton> {
  const { text, messages } = await generateSkeleton(bytes, options);
  const runtimeUrl = new URL(`../runtime/index.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url).href;
  const code = (await eraseTypes(text)).replace(
    /from "core-gen\/runtime"/u,
    () => `from ${JSON.stringify(runtimeUrl)}`,
  );
  const module: unknown = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  // What the generator writes: one export that opens, beside the codecs.
  const skeleton = Object.values(module as Record<string, AnySkeleton>).find(
    (value) => typeof value.open === "function",
  );
  if (skeleton === undefined) throw new TypeError("a generated module without a skeleton");
  return { skeleton, runtime: (await import(runtimeUrl)) as typeof Runtime, messages };
}
