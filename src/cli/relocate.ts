import { execFileSync } from "node:child_process";
import type { Argv, CommandModule } from "yargs";
import type { Btf } from "../btf/btf.ts";
import type { BpfObject } from "../object/model.ts";
import { readObjectFile } from "./read-object.ts";
import { once } from "./once.ts";
import { UsageError } from "./report.ts";

interface RelocateArguments {
  readonly file: string;
  readonly btf: string | undefined;
  readonly vmlinux: string | undefined;
  readonly log: boolean;
  readonly insns: boolean;
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
        describe: "The types to relocate against: BTF, or an ELF file with .BTF; default: the kernel's",
      })
      .option("vmlinux", {
        type: "string",
        requiresArg: true,
        coerce: once("--vmlinux"),
        describe: "The kernel: BTF, or an ELF file with .BTF; default: the running one",
      })
      .option("log", { type: "boolean", default: false, describe: "Print what libbpf would write into its debug log" })
      .option("insns", {
        type: "boolean",
        default: false,
        describe: "Print programs and maps as the kernel would get them",
      })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" }),
  handler: relocateFile,
};

async function relocateFile({ file, btf, vmlinux: kernel, log, insns, json }: RelocateArguments): Promise<void> {
  if (Number(log) + Number(insns) + Number(json) > 1)
    throw new UsageError("--log, --insns and --json are ways to print: take one.");
  const bytes = readObjectFile(file);
  const [{ openObject }, { relocate }, { readBtfFile, RUNNING_KERNEL }, { collectRelocations, printRelocations }] =
    await Promise.all([
      import("../object/open.ts"),
      import("../co-re/relocate.ts"),
      import("./read-btf.ts"),
      import("./print-relocations.ts"),
    ]);
  const object = openObject(bytes, { what: file });
  const vmlinux = await readBtfFile(btf ?? kernel ?? RUNNING_KERNEL);
  if (insns) {
    const types = btf === undefined ? vmlinux : await readBtfFile(kernel ?? RUNNING_KERNEL);
    await printInsns(object, vmlinux, types, kernel === undefined);
    return;
  }
  const targets = { vmlinux, modules: btf === undefined && kernel === undefined ? await runningModules(vmlinux) : [] };
  if (log) {
    relocate(object, targets, { log: (line) => process.stdout.write(`libbpf: ${line}\n`) });
    return;
  }
  const facts = collectRelocations(relocate(object, targets, { keepGoing: true }));
  process.stdout.write(json ? `${JSON.stringify(facts, undefined, 2)}\n` : printRelocations(facts));
  if (facts.some(({ verdict }) => verdict === "refused")) process.exitCode = 1;
}

async function runningModules(vmlinux: Btf): Promise<Btf[]> {
  const { readModules } = await import("../runtime/kernel/module-btf.ts");
  return readModules(vmlinux).map(({ types }) => types);
}

/** `kernel`: the types of what programs attach to and call, with the modules that are loaded if it is the running one. */
async function printInsns(object: BpfObject, target: Btf, kernel: Btf, isRunning: boolean): Promise<void> {
  const [{ insnLines }, { possibleCpus }, { kernelVersionCode }, { readKallsyms, runningKernel }] = await Promise.all([
    import("./insn-lines.ts"),
    import("../runtime/kernel/cpus.ts"),
    import("../runtime/kernel/kernel-version.ts"),
    import("../runtime/kernel/running-kernel.ts"),
  ]);
  const machine = {
    kernel: isRunning ? runningKernel() : { vmlinux: kernel, modules: [], kallsyms: readKallsyms },
    ...{ target, version: kernelVersionCode(), mapsArrays: true },
    get pageSize() {
      return Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
    },
    get possibleCpus() {
      return possibleCpus();
    },
  };
  // All or nothing: libbpf, too, loads an object as a whole.
  const lines = [...insnLines(object, machine)];
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
