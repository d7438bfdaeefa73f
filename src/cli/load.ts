import type { Argv, CommandModule } from "yargs";
import { CoreGenError } from "../errors.ts";
import { checkProgramNames } from "./check-program-names.ts";
import { once } from "./once.ts";
import { readObjectFile } from "./read-object.ts";

interface LoadArguments {
  readonly file: string;
  readonly pin: string | undefined;
  readonly program: string[];
  readonly log: boolean;
  readonly json: boolean;
}

/** `core-gen load FILE`: whether the running kernel takes each program of an object, and what it costs the verifier. */
export const loadCommand: CommandModule<object, LoadArguments> = {
  command: "load <file>",
  describe: "Load a compiled BPF object into the running kernel, and say what the verifier says",
  builder: (argv): Argv<LoadArguments> =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "The object: prog.bpf.o" })
      .option("program", {
        type: "string",
        array: true,
        default: [],
        requiresArg: true,
        describe: 'Only these programs, also those of SEC("?…")',
      })
      .option("pin", {
        type: "string",
        requiresArg: true,
        coerce: once("--pin"),
        describe: "Keep programs and maps in the kernel, pinned in this folder of a BPF file system",
      })
      .option("log", { type: "boolean", default: false, describe: "Print all that the verifier says" })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" })
      .example("$0 load prog.bpf.o", "")
      .example("$0 load prog.bpf.o --pin /sys/fs/bpf/prog", ""),
  handler: loadFile,
};

async function loadFile({ file, pin, program, log, json }: LoadArguments): Promise<void> {
  const bytes = readObjectFile(file);
  const [{ openObject }, { tryPrograms }, { printVerdicts }] = await Promise.all([
    import("../object/open.ts"),
    import("./try-programs.ts"),
    import("./print-load.ts"),
  ]);
  const object = openObject(bytes, { what: file });
  checkProgramNames(
    `loading ${object.elf.what}`,
    object.programs.map(({ name }) => name),
    program,
  );
  const verdicts = tryPrograms(object, { programs: program, log });
  process.stdout.write(json ? `${JSON.stringify(verdicts, undefined, 2)}\n` : printVerdicts(verdicts, log));
  if (verdicts.some(({ verdict }) => verdict === "refused")) {
    process.exitCode = 1;
    if (pin !== undefined)
      throw new CoreGenError(
        "bad-input",
        `pinning ${file} in ${pin}: nothing was pinned, because of the programs that are refused`,
      );
  } else if (pin !== undefined) {
    const { pinObjectIn } = await import("./pin-object.ts");
    const accepted = verdicts.flatMap((one) => (one.verdict === "ok" ? [one.program] : []));
    const paths = pinObjectIn(pin, object, accepted);
    if (!json) process.stdout.write(`\nPinned:\n${paths.map((path) => `  ${path}\n`).join("")}`);
  }
}
