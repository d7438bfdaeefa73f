import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { CoreGenError } from "../errors.ts";
import type { CarriedBtf, GenerateOptions } from "../generator/index.ts";
import { reasonOf } from "./file-errors.ts";
import { readObjectFile } from "./read-object.ts";
import { once } from "./once.ts";
import { parseRecordFlags } from "./record-flags.ts";
import { UsageError } from "./report.ts";
import { writeOutput } from "./write-output.ts";

interface SkelArguments {
  readonly file: string;
  readonly output: string | undefined;
  readonly name: string | undefined;
  readonly record: string[];
  readonly external: boolean;
  readonly minBtf: string[];
  readonly check: boolean;
}

/** `core-gen skel FILE`: the typed module of a compiled object. */
export const skelCommand: CommandModule<object, SkelArguments> = {
  command: "skel <file>",
  describe: "Generate the typed TypeScript module of a compiled BPF object",
  builder: (argv): Argv<SkelArguments> =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "The object: prog.bpf.o" })
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
      .option("check", {
        type: "boolean",
        default: false,
        describe: "Write nothing: fail unless the file of --output is what would be written, and say what has changed",
      })
      .example("$0 skel execsnoop.bpf.o > execsnoop.skel.ts", "")
      .example("$0 skel execsnoop.bpf.o -o execsnoop.skel.ts --record events=event", "")
      .example("$0 skel tool.bpf.o -o tool.skel.ts --record 'events=kind:0=exec_event,1=exit_event'", "")
      .example("$0 skel execsnoop.bpf.o -o execsnoop.skel.ts --check", "For CI: is the committed module up to date?"),
  handler: skel,
};

async function skel({ file, output, name, record, external, minBtf, check }: SkelArguments): Promise<void> {
  if (check && output === undefined) throw new UsageError("--check needs --output: the file to be checked");
  const records = parseRecordFlags(record);
  const bytes = readObjectFile(file);
  if (output !== undefined && isSameFile(file, output)) throw overwritesObject(file, output);
  const options: GenerateOptions = {
    fileName: file,
    records,
    ...(name === undefined ? {} : { name: checkedName(name) }),
    ...(external ? { external: urlOf(file, output) } : {}),
    ...(minBtf.length > 0 ? { minBtf: await typesToCarry(file, bytes, minBtf) } : {}),
  };
  const { generateSkeleton } = await import("../generator/index.ts");
  const { text, messages } = await generateSkeleton(bytes, options);
  for (const message of messages) console.error(`core-gen: ${message}`);
  if (output === undefined) process.stdout.write(text);
  else if (check) await checkModule(file, output, text);
  else writeOutput(output, text);
}

/** Throws unless `output` holds what would be written. */
async function checkModule(file: string, output: string, text: string): Promise<void> {
  const committed = readModule(output);
  if (committed === text) return;
  const { describeLayoutChanges } = await import("../generator/compare-modules.ts");
  const changes = describeLayoutChanges(committed, text);
  throw new CoreGenError("bad-input", `${output} is not what core-gen writes from ${file}`, {
    hints: [
      ...changes,
      ...(changes.length === 0 ? ["No type in it has changed its layout."] : []),
      "Write it anew: the same command without --check.",
    ],
  });
}

function readModule(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CoreGenError("bad-input", `reading ${path}: ${reasonOf(cause)}`, {
      cause,
      hints: ["Without --check it is written."],
    });
  }
}

async function typesToCarry(file: string, bytes: Uint8Array, kernels: readonly string[]): Promise<CarriedBtf[]> {
  const [{ openObject }, { carriedTypes }] = await Promise.all([
    import("../object/open.ts"),
    import("./carried-types.ts"),
  ]);
  return carriedTypes(openObject(bytes, { what: file }), kernels);
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

function overwritesObject(file: string, output: string): CoreGenError {
  return new CoreGenError("bad-input", `writing ${output}: that is the object ${file} itself`, {
    hints: ["Name another file with -o: the module would take the object's place."],
  });
}

function checkedName(name: string): string {
  if (/[A-Za-z]/u.test(name)) return name;
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
