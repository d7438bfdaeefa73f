import { statSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { CoreGenError } from "../errors.ts";
import type { CarriedBtf, GeneratedSkeleton, ModuleOptions, TargetObject } from "../generator/index.ts";
import { checkModule } from "./check-module.ts";
import { once } from "./once.ts";
import { readObjectFile } from "./read-object.ts";
import { parseRecordFlags } from "./record-flags.ts";
import { UsageError } from "./report.ts";
import { parseTargetFlags, type TargetFile } from "./targets.ts";
import { runOnChanges } from "./watch-files.ts";
import type { NamedRecords } from "../object/record-info.ts";
import { writeOutput } from "./write-output.ts";

interface SkelArguments {
  readonly file: string | undefined;
  readonly output: string | undefined;
  readonly name: string | undefined;
  readonly record: string[];
  readonly target: string[];
  readonly type: string[];
  readonly allTypes: boolean;
  readonly globals: boolean;
  readonly typesOnly: boolean;
  readonly external: boolean;
  readonly minBtf: string[];
  readonly formatVersion: string | undefined;
  readonly check: boolean;
  readonly watch: boolean;
}

/** The formats of `src/runtime/spec.ts` that modules can be written in. */
const FORMATS = ["1"];

/** `core-gen skel FILE`: the typed module of a compiled object. */
export const skelCommand: CommandModule<object, SkelArguments> = {
  command: "skel [file]",
  describe: "Generate the typed TypeScript module of a compiled BPF object",
  builder: (argv): Argv<SkelArguments> =>
    argv
      .positional("file", { type: "string", describe: "The object: prog.bpf.o" })
      .option("output", {
        alias: "o",
        type: "string",
        requiresArg: true,
        coerce: once("--output"),
        describe: "Where to write it; default: standard output",
      })
      .option("name", {
        type: "string",
        requiresArg: true,
        coerce: once("--name"),
        describe: "What the skeleton is called; default: the file's name",
      })
      .option("record", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe:
          "MAP=STRUCT: which struct a ring or perf buffer carries; MAP=ONE,OTHER or MAP=TAG:0=ONE,1=OTHER for several, told apart by their sizes or by the member TAG",
      })
      .option("target", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: "ARCH=FILE, instead of FILE, for each machine: one module with an object for each process.arch",
      })
      .option("type", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: "One more struct, union or enum for the module, by its C name; may be given more than once",
      })
      .option("allTypes", {
        alias: "all-types",
        type: "boolean",
        default: false,
        describe: "All structs, unions and enums that the object's BTF has a name for",
      })
      .option("globals", {
        type: "boolean",
        default: true,
        describe: "Global variables; --no-globals leaves them out",
      })
      .option("typesOnly", {
        alias: "types-only",
        type: "boolean",
        default: false,
        describe: "Types and how their bytes are read, without the object: to decode records somewhere else",
      })
      .option("external", {
        type: "boolean",
        default: false,
        describe: "Read the object from its file, don't embed it",
      })
      .option("minBtf", {
        alias: "min-btf",
        type: "string",
        array: true,
        default: [],
        requiresArg: true,
        describe:
          "Kernels without types of their own: carry what is needed of these files RELEASE.btf, or folders of them",
      })
      .option("formatVersion", {
        alias: "format-version",
        type: "string",
        requiresArg: true,
        coerce: once("--format-version"),
        describe: `The format of what the module tells the runtime; there is ${FORMATS.join(", ")}; default: the newest`,
      })
      .option("check", {
        type: "boolean",
        default: false,
        describe: "Write nothing: fail unless the file of --output is what would be written, and say what has changed",
      })
      .option("watch", {
        type: "boolean",
        default: false,
        describe: "Write it again each time that an object changes, until Ctrl-C",
      })
      .example("$0 skel execsnoop.bpf.o > execsnoop.skel.ts", "")
      .example("$0 skel execsnoop.bpf.o -o execsnoop.skel.ts --record events=event", "")
      .example("$0 skel tool.bpf.o -o tool.skel.ts --record 'events=kind:0=exec_event,1=exit_event'", "")
      .example("$0 skel --target x64=x64/p.bpf.o --target arm64=arm64/p.bpf.o -o p.skel.ts", "For two machines")
      .example("$0 skel execsnoop.bpf.o -o execsnoop.skel.ts --check", "For CI: is the committed module up to date?"),
  handler: skel,
};

async function skel(args: SkelArguments): Promise<void> {
  checkUsage(args);
  const targets = targetsOf(args);
  for (const { file } of targets) if (args.output !== undefined) refuseToOverwrite(file, args.output);
  const records = parseRecordFlags(args.record);
  if (args.name !== undefined) checkName(args.name);
  const files = targets.map(({ file }) => file);
  if (!args.watch) await writeModule(args, targets, records);
  else
    await runOnChanges(files, async () => {
      await writeModule(args, targets, records);
      console.error(`core-gen: wrote ${args.output ?? ""} from ${files.join(", ")}`);
    });
}

/** What can't be together. */
function checkUsage({
  file,
  target,
  output,
  check,
  watch,
  typesOnly,
  external,
  minBtf,
  formatVersion,
}: SkelArguments): void {
  if (file === undefined && target.length === 0)
    throw new UsageError("Name the object: core-gen skel prog.bpf.o, for example.");
  if (file !== undefined && target.length > 0)
    throw new UsageError(`the object is ${file}, or one of --target: name it once`);
  if (check && output === undefined) throw new UsageError("--check needs --output: the file to be checked");
  if (watch && output === undefined) throw new UsageError("--watch needs --output: the file to be written");
  if (check && watch) throw new UsageError("--check writes nothing, and --watch writes again and again: take one");
  if (typesOnly && external) throw new UsageError("--types-only has no object that --external could be about");
  if (typesOnly && minBtf.length > 0) throw new UsageError("--types-only has no object that --min-btf could be for");
  if (formatVersion !== undefined && !FORMATS.includes(formatVersion))
    throw new UsageError(`--format-version ${formatVersion}: this core-gen writes format ${FORMATS.join(", ")}`);
}

function targetsOf({ file, target, name }: SkelArguments): TargetFile[] {
  if (file !== undefined) return [{ arch: undefined, file }];
  const targets = parseTargetFlags(target);
  const names = new Set(targets.map((one) => basename(one.file)));
  if (name === undefined && names.size > 1)
    throw new UsageError(
      `the objects are called ${[...names].join(" and ")}: say what the skeleton is called, with --name`,
    );
  return targets;
}

async function writeModule(
  args: SkelArguments,
  targets: readonly TargetFile[],
  records: ReadonlyMap<string, NamedRecords>,
): Promise<void> {
  const { output } = args;
  const objects = targets.map(({ arch, file }) => ({
    arch,
    bytes: readObjectFile(file),
    fileName: file,
    ...(args.external ? { external: urlOf(file, output) } : {}),
  }));
  const options: ModuleOptions = {
    records,
    types: args.type,
    allTypes: args.allTypes,
    globals: args.globals,
    typesOnly: args.typesOnly,
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(args.minBtf.length > 0 ? { minBtf: await typesToCarry(objects, args.minBtf) } : {}),
  };
  const { text, messages } = await generate(objects, options);
  for (const message of messages) console.error(`core-gen: ${message}`);
  if (output === undefined) process.stdout.write(text);
  else if (args.check) await checkModule(targets.map(({ file }) => file).join(", "), output, text);
  else writeOutput(output, text);
}

type ObjectFile = Omit<TargetObject, "arch"> & Pick<TargetFile, "arch">;

async function generate(objects: readonly ObjectFile[], options: ModuleOptions): Promise<GeneratedSkeleton> {
  const { generateForTargets, generateSkeleton } = await import("../generator/index.ts");
  const [only] = objects;
  if (only?.arch === undefined) {
    const { bytes = new Uint8Array(), ...rest } = only ?? {};
    return generateSkeleton(bytes, { ...rest, ...options });
  }
  return generateForTargets(
    objects.flatMap(({ arch, ...rest }) => (arch === undefined ? [] : [{ arch, ...rest }])),
    options,
  );
}

async function typesToCarry(objects: readonly ObjectFile[], kernels: readonly string[]): Promise<CarriedBtf[]> {
  const [{ openObject }, { carriedTypes }] = await Promise.all([
    import("../object/open.ts"),
    import("./carried-types.ts"),
  ]);
  return carriedTypes(
    objects.map(({ bytes, fileName }) => openObject(bytes, { what: fileName })),
    kernels,
  );
}

function refuseToOverwrite(file: string, output: string): void {
  if (!isSameFile(file, output)) return;
  throw new CoreGenError("bad-input", `writing ${output}: that is the object ${file} itself`, {
    hints: ["Name another file with -o: the module would take the object's place."],
  });
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

function checkName(name: string): void {
  if (/[A-Za-z]/u.test(name)) return;
  throw new CoreGenError(
    "bad-input",
    `--name ${JSON.stringify(name)} has no letter, and a TypeScript name is made of it`,
  );
}

/** Where the module finds the object: beside it, or where the object is as seen from the module's folder. */
function urlOf(file: string, output: string | undefined): string {
  const folder = output === undefined ? dirname(file) : dirname(output);
  const path = relative(resolve(folder), resolve(file)).split(sep).map(encodeURIComponent).join("/");
  return path.startsWith("../") ? path : `./${path}`;
}
