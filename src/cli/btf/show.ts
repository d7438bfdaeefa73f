import type { Argv, CommandModule } from "yargs";
import { once } from "../once.ts";

interface ShowArguments {
  readonly name: string;
  readonly types: string | undefined;
  readonly base: string | undefined;
}

/** `core-gen btf show NAME [FILE]`: how a type is laid out. */
export const showCommand: CommandModule<object, ShowArguments> = {
  command: "show <name> [types]",
  describe: "Show a type in C, with offsets, sizes and holes, as pahole does",
  builder: (argv): Argv<ShowArguments> =>
    argv
      .positional("name", { type: "string", demandOption: true, describe: "task_struct, 'union sigval', or an id" })
      .positional("types", { type: "string", describe: "A file, vmlinux, or a module; default: the running kernel" })
      .option("base", {
        alias: "B",
        type: "string",
        requiresArg: true,
        coerce: once("--base"),
        describe: "The kernel's types that a module's continue: a file, or vmlinux",
      })
      .example("$0 btf show list_head", "In the running kernel")
      .example("$0 btf show 'struct event' prog.bpf.o", "In an object"),
  handler: show,
};

async function show({ name, types, base }: ShowArguments): Promise<void> {
  const [{ showType }, { readTypes, VMLINUX }, { definitionIds }] = await Promise.all([
    import("../../btf/show/show-type.ts"),
    import("./read-types.ts"),
    import("./type-ids.ts"),
  ]);
  const btf = await readTypes(types ?? VMLINUX, base);
  const texts = new Set(definitionIds(btf, name).map((id) => showType(btf, id)));
  process.stdout.write([...texts].join("\n"));
}
