#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { ownVersion } from "../generator/version.ts";
import { btfCommand } from "./btf/btf.ts";
import { buildCommand } from "./build/build.ts";
import { checkCommand } from "./check.ts";
import { featuresCommand } from "./features.ts";
import { initCommand } from "./init.ts";
import { inspectCommand } from "./inspect.ts";
import { loadCommand } from "./load.ts";
import { minBtfCommand } from "./min-btf.ts";
import { relocateCommand } from "./relocate.ts";
import { reportError, watchStandardOutput, UsageError } from "./report.ts";
import { runCommand } from "./run/run.ts";
import { skelCommand } from "./skel.ts";
import { vmlinuxCommand } from "./vmlinux.ts";

watchStandardOutput();
try {
  await yargs(hideBin(process.argv))
    .scriptName("core-gen")
    .locale("en")
    .usage("$0 <command>\n\neBPF for TypeScript: from a compiled .bpf.o to a typed module.")
    .command(initCommand)
    .command(buildCommand)
    .command(skelCommand)
    .command(inspectCommand)
    .command(checkCommand)
    .command(relocateCommand)
    .command(minBtfCommand)
    .command(runCommand)
    .command(loadCommand)
    .command(featuresCommand)
    .command(btfCommand)
    .command(vmlinuxCommand)
    .demandCommand(1, "Say what to do: core-gen skel FILE, for example.")
    .strict()
    // Left alone, yargs shows the version of the project that it is installed in.
    .version(ownVersion())
    .help()
    .wrap(100)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs gives an error of its own only together with a message; what a command threw comes as it is.
      throw message ? new UsageError(inOurWords(message)) : error;
    })
    .parseAsync();
} catch (error) {
  reportError(error);
}

function inOurWords(message: string): string {
  if (!message.startsWith("Not enough non-option arguments")) return message;
  const [command, of] = hideBin(process.argv);
  if (command === "build") return "Name the source: core-gen build prog.bpf.c, for example.";
  if (command !== "btf") return `Name the object: core-gen ${command ?? "skel"} prog.bpf.o, for example.`;
  switch (of) {
    case "find":
    case "show":
      return `Name a type: core-gen btf ${of} task_struct, for example.`;
    case "diff":
      return "Name two files with types: core-gen btf diff 6.1.btf 6.12.btf, for example.";
    default:
      return "Name a file with types, or vmlinux: core-gen btf dump vmlinux, for example.";
  }
}
