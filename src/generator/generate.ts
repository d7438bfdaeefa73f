import { createHash } from "node:crypto";
import { sizeOf } from "../btf/resolve.ts";
import type { TypeTable } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { openObject } from "../object/open.ts";
import type { MapRecords, NamedRecords } from "../object/record-info.ts";
import { findRecords } from "../object/records.ts";
import { buildModel, carriedBtfName } from "./build-model.ts";
import { renderModule } from "./render.ts";
import { stripDebugInfo } from "./strip-object.ts";
import { ownVersion } from "./version.ts";

/** How {@link generateSkeleton} generates. */
export interface GenerateOptions {
  /** The object's path: errors name it, the module shows its last part. Default: "object.bpf.o". */
  readonly fileName?: string;
  /** What the skeleton is called. Default: the file name without `.bpf.o` or `.o`. */
  readonly name?: string;
  /** Which structs a buffer carries, where that is not found out by itself: C names by the map's C name. */
  readonly records?: ReadonlyMap<string, NamedRecords>;
  /** The module reads the object from this place, relative to itself ("./execsnoop.bpf.o"), instead of containing it. */
  readonly external?: string;
  /** Types that the module carries for kernels without their own. */
  readonly minBtf?: readonly CarriedBtf[];
}

/** Types that are the same for some kernels, as far as the object's relocations reach: see `minimizeBtf` of core-gen/co-re. */
export interface CarriedBtf {
  /** Kernels by release, behind their architecture where it is known: "5.4.0-42-generic", "x86_64/5.4.0-42-generic". */
  readonly kernels: readonly string[];
  /** Raw BTF. */
  readonly btf: Uint8Array;
}

/** A generated module. */
export interface GeneratedSkeleton {
  /** TypeScript, formatted. The same bytes and options always give the same text. */
  readonly text: string;
  /** What could not be decided, and how to decide it; for people. */
  readonly messages: readonly string[];
}

/**
 * Generates the typed module of a compiled BPF object: what `core-gen skel` prints.
 *
 * Throws a `CoreGenError` when the bytes are no BPF object, or a name in `records` names nothing.
 *
 * @example
 * const { text } = await generateSkeleton(readFileSync("execsnoop.bpf.o"), { fileName: "execsnoop.bpf.o" });
 * writeFileSync("execsnoop.skel.ts", text);
 */
export async function generateSkeleton(bytes: Uint8Array, options: GenerateOptions = {}): Promise<GeneratedSkeleton> {
  const path = options.fileName ?? "object.bpf.o";
  const fileName = path.replace(/^.*[/\\]/su, "");
  const object = openObject(bytes, { what: path });
  if (object.btf === undefined) throw withoutTypes(path);
  const records = findRecords(object, options.records === undefined ? {} : { flags: options.records });
  const model = buildModel(object, records, {
    name: options.name ?? defaultName(fileName),
    fileName,
    version: ownVersion(),
    minBtf: options.minBtf ?? [],
    external:
      options.external === undefined
        ? undefined
        : { url: options.external, sha256: createHash("sha256").update(bytes).digest("hex") },
  });
  const carried = (options.minBtf ?? []).map(({ btf }, index) => ({ name: carriedBtfName(index), bytes: btf }));
  const embedded = options.external === undefined ? [{ name: "OBJECT", bytes: stripDebugInfo(object.elf) }] : [];
  const text = await renderModule(model, [...carried, ...embedded]);
  return { text, messages: records.maps.filter((map) => isOpen(records.types, map)).map(({ message }) => message) };
}

function withoutTypes(path: string): CoreGenError {
  return new CoreGenError("bad-object", `${path}: the object has no BTF, so nothing in it can be typed`, {
    hints: ["Compile with `clang -g`, and strip with `llvm-strip -g` at most: it leaves BTF in."],
  });
}

/** Whether a reader of the module should know more than its comments say: no struct, several, a guess, or records of other sizes. */
function isOpen(types: TypeTable, { candidates, sizes, source, variants }: MapRecords): boolean {
  const decided = variants === undefined ? candidates.length === 1 : candidates.length > 0;
  if (!decided || source === "guess") return true;
  const expected = candidates.map((id) => sizeOf(types, id) ?? 0);
  const isOdd = (sent: number): boolean =>
    source === "flag" ? !expected.includes(sent) : sent < Math.max(...expected);
  return sizes.some((sent) => sent !== undefined && isOdd(sent));
}

function defaultName(fileName: string): string {
  return fileName.replace(/(\.bpf)?\.o$/u, "") || "object";
}
