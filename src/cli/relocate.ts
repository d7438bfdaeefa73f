import type { Argv, CommandModule } from "yargs";
import { readObjectFile } from "./read-object.ts";
import { once } from "./once.ts";
import { UsageError } from "./report.ts";

interface RelocateArguments {
  readonly file: string;
  readonly btf: string | undefined;
  readonly log: boolean;
  readonly json: boolean;
}

/** `core-gen relocate FILE`: what CO-RE does to an object on one kernel. */
export const relocateCommand: CommandModule<object, RelocateArguments> = {
  command: "relocate <file>",
  describe: "Show what CO-RE relocation does to a compiled BPF object",
  builder: (argv): Argv<RelocateArguments> =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "The object: prog.bpf.o" })
      .option("btf", {
        type: "string",
        requiresArg: true,
        coerce: once("--btf"),
        describe: "The kernel: BTF, or an ELF file with .BTF; default: the running one",
      })
      .option("log", { type: "boolean", default: false, describe: "Print what libbpf would write into its debug log" })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" }),
  handler: relocateFile,
};

async function relocateFile({ file, btf, log, json }: RelocateArguments): Promise<void> {
  if (log && json) throw new UsageError("--log and --json are two ways to print: take one.");
  const bytes = readObjectFile(file);
  const [{ openObject }, { relocate }, { readBtfFile, RUNNING_KERNEL }, { collectRelocations, printRelocations }] =
    await Promise.all([
      import("../object/open.ts"),
      import("../co-re/relocate.ts"),
      import("./read-btf.ts"),
      import("./print-relocations.ts"),
    ]);
  const object = openObject(bytes, { what: file });
  const vmlinux = readBtfFile(btf ?? RUNNING_KERNEL);
  if (log) {
    relocate(object, { vmlinux }, { log: (line) => process.stdout.write(`libbpf: ${line}\n`) });
    return;
  }
  const facts = collectRelocations(relocate(object, { vmlinux }));
  process.stdout.write(json ? `${JSON.stringify(facts, undefined, 2)}\n` : printRelocations(facts));
}
