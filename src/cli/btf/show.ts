import type { Argv, CommandModule } from "yargs";
import type { Btf } from "../../btf/btf.ts";
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
  const [{ showType }, { readTypes, VMLINUX }, { typeIds }] = await Promise.all([
    import("../../btf/show/show-type.ts"),
    import("./read-types.ts"),
    import("./type-ids.ts"),
  ]);
  const btf = await readTypes(types ?? VMLINUX, base);
  const texts = new Set(worthShowing(btf, typeIds(btf, name)).map((id) => showType(btf, id)));
  process.stdout.write([...texts].join("\n"));
}

/** Definitions before declarations and functions: who asks for task_struct does not mean a function of that name. */
function worthShowing(btf: Btf, ids: readonly number[]): readonly number[] {
  const rank = (id: number): number => {
    switch (btf.kind(id)) {
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "typedef":
        return 0;
      case "func":
      case "var":
        return 1;
      default:
        return 2;
    }
  };
  const best = Math.min(...ids.map(rank));
  return ids.filter((id) => rank(id) === best);
}
