import { createHash } from "node:crypto";
import { sizeOf } from "../btf/resolve.ts";
import type { TypeTable } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import type { BpfObject } from "../object/model.ts";
import { openObject } from "../object/open.ts";
import type { MapRecords, NamedRecords } from "../object/record-info.ts";
import { findRecords } from "../object/records.ts";
import { buildModel, carriedBtfName, objectName, typesOfCodecs } from "./build-model.ts";
import { typesWithoutLayout } from "./build-named-types.ts";
import type { DecodersModel, SkeletonModel } from "./model.ts";
import { renderDecoders, renderModule, type Payload } from "./render.ts";
import { commentText } from "./names.ts";
import { mergeTargets, type TargetModel } from "./merge-targets.ts";
import { stripDebugInfo } from "./strip-object.ts";
import { ownVersion } from "./version.ts";

const MOST_NAMED = 12;

/** What a module has, and what it is called. */
export interface ModuleOptions {
  /** What the skeleton is called. Default: the file name without `.bpf.o` or `.o`. */
  readonly name?: string;
  /** Which structs a buffer carries, where that is not found out by itself: C names by the map's C name. */
  readonly records?: ReadonlyMap<string, NamedRecords>;
  /** C names of structs, unions and enums that the module declares beside those that maps, records and variables need. */
  readonly types?: readonly string[];
  /** The module declares all types that the object's BTF has a name for. */
  readonly allTypes?: boolean;
  /** Whether the module has the object's global variables. Default: true. */
  readonly globals?: boolean;
  /** The module has the types and how their bytes are read, and neither the object nor a skeleton. */
  readonly typesOnly?: boolean;
  /** Types that the module carries for kernels without their own. */
  readonly minBtf?: readonly CarriedBtf[];
}

/** How {@link generateSkeleton} generates. */
export interface GenerateOptions extends ModuleOptions {
  /** The object's path: errors name it, the module shows its last part. Default: "object.bpf.o". */
  readonly fileName?: string;
  /** The module reads the object from this place, relative to itself ("./execsnoop.bpf.o"), instead of containing it. */
  readonly external?: string;
}

/** One of the objects of {@link generateForTargets}. */
export interface TargetObject {
  /** The machine that it is for, as Node's `process.arch` calls it: "x64", "arm64". */
  readonly arch: string;
  readonly bytes: Uint8Array;
  /** See {@link GenerateOptions.fileName}. */
  readonly fileName: string;
  /** See {@link GenerateOptions.external}. */
  readonly external?: string;
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
 * Throws a `CoreGenError` when the bytes are no BPF object, or a name in `records` or `types` names nothing.
 *
 * @example
 * const { text } = await generateSkeleton(readFileSync("execsnoop.bpf.o"), { fileName: "execsnoop.bpf.o" });
 * writeFileSync("execsnoop.skel.ts", text);
 */
export async function generateSkeleton(bytes: Uint8Array, options: GenerateOptions = {}): Promise<GeneratedSkeleton> {
  const target = { arch: undefined, bytes, fileName: options.fileName ?? "object.bpf.o", external: options.external };
  return printModule([describe(target, options)], options);
}

/**
 * Generates one module of objects that are compiled from the same source for several machines: what `core-gen skel
 * --target x64=… --target arm64=…` prints. The module opens the one for the machine that it runs on.
 *
 * Throws as {@link generateSkeleton} does, and with code `bad-input` when the objects don't have the same maps, programs,
 * variables and layouts, naming what differs.
 */
export async function generateForTargets(
  targets: readonly TargetObject[],
  options: ModuleOptions = {},
): Promise<GeneratedSkeleton> {
  return printModule(
    targets.map((target) => describe({ external: undefined, ...target }, options)),
    options,
  );
}

interface Target {
  readonly arch: string | undefined;
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly external: string | undefined;
}

/** An object, and the module that it would have alone. */
interface Described extends TargetModel {
  readonly messages: readonly string[];
  /** The object, when the module carries it. */
  readonly payload: Payload | undefined;
}

function describe(target: Target, options: ModuleOptions): Described {
  const { arch, bytes, fileName: path } = target;
  const fileName = path.replace(/^.*[/\\]/su, "");
  const object = openObject(bytes, { what: path });
  if (object.btf === undefined) throw withoutTypes(path);
  const { records: flags = new Map<string, string>(), types = [], allTypes = false } = options;
  const records = findRecords(object, { flags, types });
  const model = buildModel(object, records, {
    name: options.name ?? defaultName(fileName),
    fileName,
    version: ownVersion(),
    minBtf: options.minBtf ?? [],
    globals: options.globals ?? true,
    allTypes,
    arch,
    external:
      target.external === undefined
        ? undefined
        : { url: target.external, sha256: createHash("sha256").update(bytes).digest("hex") },
  });
  return {
    arch,
    path,
    model,
    messages: [
      ...records.maps.filter((map) => isOpen(records.types, map)).map(({ message }) => message),
      ...(allTypes ? withoutLayout(object) : []),
    ],
    payload: target.external === undefined ? { name: objectName(arch), bytes: stripDebugInfo(object.elf) } : undefined,
  };
}

async function printModule(objects: readonly Described[], options: ModuleOptions): Promise<GeneratedSkeleton> {
  const messages = [...new Set(objects.flatMap((one) => one.messages))];
  const model = await mergeTargets(objects);
  if (options.typesOnly === true) return { text: await renderDecoders(decodersOf(model, objects)), messages };
  const carried = (options.minBtf ?? []).map(({ btf }, index) => ({ name: carriedBtfName(index), bytes: btf }));
  const embedded = objects.flatMap(({ payload }) => payload ?? []);
  return { text: await renderModule(model, [...carried, ...embedded]), messages };
}

/** The types of a module without the rest; constants that only its literals need are not among them. */
function decodersOf({ header, declarations }: SkeletonModel, objects: readonly Described[]): DecodersModel {
  const example = declarations.find(({ isEnum }) => !isEnum);
  if (declarations.length === 0)
    throw new CoreGenError(
      "bad-input",
      `${objects.map(({ path }) => path).join(", ")}: no map, record or variable has a struct, union or enum to declare`,
      { hints: ["Name types with --type, or take all that the object has with --all-types."] },
    );
  return {
    header,
    usage:
      example === undefined
        ? ""
        : `To read one: ${example.name}.read(new Memory(bytes), 0), Memory being core-gen/runtime's.`,
    runtimeTypes: typesOfCodecs(declarations),
    declarations,
  };
}

function withoutLayout(object: BpfObject): string[] {
  const names = typesWithoutLayout(object);
  if (names.length === 0) return [];
  const shown = names.slice(0, MOST_NAMED).map((name) => commentText(name));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
  return [`--all-types leaves out what is only declared, without members: ${shown.join(", ")}${more}`];
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
