import type { Argv, CommandModule } from "yargs";
import { diffCommand } from "./diff.ts";
import { dumpCommand } from "./dump.ts";
import { findCommand } from "./find.ts";
import { showCommand } from "./show.ts";

/** `core-gen btf …`: looking into the types of kernels, modules and objects. */
export const btfCommand: CommandModule = {
  command: "btf",
  describe: "Print, compare and search the types of kernels, modules and objects",
  builder: (argv): Argv =>
    argv
      .command(dumpCommand)
      .command(showCommand)
      .command(findCommand)
      .command(diffCommand)
      .demandCommand(1, "Say what to do with types: core-gen btf show task_struct, for example."),
  // yargs has run one of the commands above by now, or refused.
  handler: () => undefined,
};
