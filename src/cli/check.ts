import { basename } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { terminalWidth } from "./terminal-width.ts";
import { readObjectFile } from "./read-object.ts";

interface CheckArguments {
  readonly file: string;
  readonly btf: string[];
  readonly json: boolean;
}

/** `core-gen check FILE --btf KERNEL…`: which kernels an object will run on; no kernel is asked. */
export const checkCommand: CommandModule<object, CheckArguments> = {
  command: "check <file>",
  describe: "Say on which kernels a compiled BPF object will run, from their BTF",
  builder: (argv): Argv<CheckArguments> =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "The object: prog.bpf.o" })
      .option("btf", {
        type: "string",
        array: true,
        default: [],
        requiresArg: true,
        describe:
          "Kernels: BTF, ELF files with .BTF, BTFHub's .btf.tar.xz, folders of them, globs; default: the running kernel",
      })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" })
      .example("$0 check prog.bpf.o --btf 5.10.btf 6.12.btf", ""),
  handler: check,
};

async function check({ file, btf, json }: CheckArguments): Promise<void> {
  const bytes = readObjectFile(file);
  const [{ openObject }, { findBtfFiles, readBtfFile, RUNNING_KERNEL }, { checkObject }, { printMatrix }] =
    await Promise.all([
      import("../object/open.ts"),
      import("./read-btf.ts"),
      import("./check-matrix.ts"),
      import("./print-check.ts"),
    ]);
  const object = openObject(bytes, { what: file });
  const files = await findBtfFiles(btf.length > 0 ? btf : [RUNNING_KERNEL]);
  const kernels = await Promise.all(files.map((path) => readBtfFile(path)));
  const matrix = checkObject(object, kernels);
  const width = terminalWidth();
  process.stdout.write(json ? `${JSON.stringify(matrix, undefined, 2)}\n` : printMatrix(basename(file), matrix, width));
  // A program would be refused: what CI has to see.
  if (matrix.problems.length > 0) process.exitCode = 1;
}
