import type { Argv, CommandModule } from "yargs";
import { once } from "./once.ts";
import { readObjectFile } from "./read-object.ts";
import { writeOutput } from "./write-output.ts";

interface MinBtfArguments {
  readonly kernel: string;
  readonly objects: string[];
  readonly output: string;
}

/** `core-gen min-btf KERNEL.btf OBJECT… -o OUT`: the types of a kernel that some objects need. */
export const minBtfCommand: CommandModule<object, MinBtfArguments> = {
  command: "min-btf <kernel> <objects..>",
  describe: "Cut a kernel's BTF down to what the relocations of some objects reach",
  builder: (argv): Argv<MinBtfArguments> =>
    argv
      .positional("kernel", { type: "string", demandOption: true, describe: "BTF, or an ELF file with .BTF" })
      .positional("objects", { type: "string", array: true, demandOption: true, describe: "The objects: prog.bpf.o" })
      .option("output", {
        alias: "o",
        type: "string",
        requiresArg: true,
        demandOption: "Say where to write it: -o small.btf, for example.",
        coerce: once("--output"),
        describe: "Where to write it",
      }) as Argv<MinBtfArguments>,
  handler: minBtf,
};

async function minBtf({ kernel, objects, output }: MinBtfArguments): Promise<void> {
  const files = objects.map((path) => ({ path, bytes: readObjectFile(path) }));
  const [{ openObject }, { minimizeBtf }, { readBtfFile }] = await Promise.all([
    import("../object/open.ts"),
    import("../co-re/min-btf.ts"),
    import("./read-btf.ts"),
  ]);
  const opened = files.map(({ path, bytes }) => openObject(bytes, { what: path }));
  writeOutput(output, minimizeBtf(await readBtfFile(kernel), opened));
}
