import type { Argv, CommandModule } from "yargs";
import { doWithoutInlining } from "./no-inlining.ts";
import { once } from "./once.ts";
import { writeOutput } from "./write-output.ts";

interface VmlinuxArguments {
  readonly btf: string | undefined;
  readonly output: string | undefined;
}

/** `core-gen vmlinux -o vmlinux.h`: the header with a kernel's types that BPF programs include. */
export const vmlinuxCommand: CommandModule<object, VmlinuxArguments> = {
  command: "vmlinux",
  describe: "Write vmlinux.h, all types of a kernel as a C header",
  builder: (argv): Argv<VmlinuxArguments> =>
    argv
      .option("btf", {
        type: "string",
        requiresArg: true,
        coerce: once("--btf"),
        describe: "The kernel: BTF, or an ELF file with .BTF; default: the running one",
      })
      .option("output", {
        alias: "o",
        type: "string",
        requiresArg: true,
        coerce: once("--output"),
        describe: "Where to write it; default: standard output",
      }),
  handler: writeVmlinux,
};

async function writeVmlinux({ btf, output }: VmlinuxArguments): Promise<void> {
  doWithoutInlining();
  const [{ dumpCBytes }, { readBtfFile, RUNNING_KERNEL }] = await Promise.all([
    import("../btf/dump-c/dump-c.ts"),
    import("./read-btf.ts"),
  ]);
  const header = dumpCBytes(await readBtfFile(btf ?? RUNNING_KERNEL));
  if (output === undefined) process.stdout.write(header);
  else writeOutput(output, header);
}
