import type { Argv, CommandModule } from "yargs";
import { printable } from "../../btf/printable.ts";
import type { FoundType } from "../../btf/search.ts";
import { once } from "../once.ts";

interface FindArguments {
  readonly name: string;
  readonly types: string[];
  readonly base: string | undefined;
  readonly json: boolean;
}

/** `core-gen btf find NAME FILE…`: which types have a name like this, and where. */
export const findCommand: CommandModule<object, FindArguments> = {
  command: "find <name> [types..]",
  describe: "Find types by name, in one file or several",
  builder: (argv): Argv<FindArguments> =>
    argv
      .positional("name", {
        type: "string",
        demandOption: true,
        describe: "A part of the name, or all of it with * and ?",
      })
      .positional("types", {
        type: "string",
        array: true,
        default: [],
        describe: "Files, vmlinux, modules; default: the running kernel",
      })
      .option("base", {
        alias: "B",
        type: "string",
        requiresArg: true,
        coerce: once("--base"),
        describe: "The kernel's types that a module's continue: a file, or vmlinux",
      })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" })
      .example("$0 btf find 'tcp_*_info'", "In the running kernel")
      .example("$0 btf find io_uring 5.10.btf 6.12.btf", "In two files"),
  handler: find,
};

interface FoundIn {
  readonly file: string;
  readonly types: FoundType[];
}

async function find({ name, types, base, json }: FindArguments): Promise<void> {
  const [{ searchTypes }, { readTypes, VMLINUX }, { findBtfFiles }, { writeChunks }] = await Promise.all([
    import("../../btf/search.ts"),
    import("./read-types.ts"),
    import("../read-btf.ts"),
    import("../write-chunks.ts"),
  ]);
  const found: FoundIn[] = [];
  for (const given of types.length > 0 ? types : [VMLINUX]) {
    for (const file of /[/*?[{.]/u.test(given) ? await findBtfFiles([given]) : [given]) {
      found.push({ file, types: [...searchTypes(await readTypes(file, base), name)] });
    }
  }
  await writeChunks(
    json ? [`${JSON.stringify(found, undefined, 2)}\n`] : (await import("./print-found.ts")).printFound(found),
  );
  if (found.some((file) => file.types.length > 0)) return;
  // As grep does: a script sees that there was nothing.
  process.exitCode = 1;
  if (!json) console.error(`core-gen: looking for "${printable(name)}": no type has a name like this`);
}
