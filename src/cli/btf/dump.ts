import type { Argv, CommandModule } from "yargs";
import type { Btf } from "../../btf/btf.ts";
import { once } from "../once.ts";

const formats = ["raw", "json", "ts"] as const;
type Format = (typeof formats)[number];

interface DumpArguments {
  readonly types: string;
  readonly format: Format;
  readonly base: string | undefined;
  readonly root: string[];
}

/** `core-gen btf dump FILE|vmlinux|MODULE`: all types, or some, in one of several languages. */
export const dumpCommand: CommandModule<object, DumpArguments> = {
  command: "dump <types>",
  describe: "Print types: as bpftool prints them, as JSON, or as TypeScript",
  builder: (argv): Argv<DumpArguments> =>
    argv
      .positional("types", {
        type: "string",
        demandOption: true,
        describe: "A file (BTF, ELF, .btf.tar.xz), vmlinux for the running kernel, or a loaded module",
      })
      .option("format", {
        alias: "f",
        choices: formats,
        default: "raw",
        coerce: once("--format"),
        describe: "raw and json are bpftool's; ts is the interfaces that skel writes",
      })
      .option("base", {
        alias: "B",
        type: "string",
        requiresArg: true,
        coerce: once("--base"),
        describe: "The kernel's types that a module's continue: a file, or vmlinux",
      })
      .option("root", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe: "Only this type, by name or id; may be given more than once",
      })
      .example("$0 btf dump vmlinux", "All types of the running kernel, a line each")
      .example("$0 btf dump prog.bpf.o --format json", "Those of an object, for programs")
      .example("$0 btf dump veth.ko --base 6.1.btf", "A module's, with the ids of that kernel")
      .example(
        "$0 btf dump vmlinux --format ts --root 'struct path'",
        "One, with all that it contains",
      ) as Argv<DumpArguments>,
  handler: dump,
};

async function dump({ types, format, base, root }: DumpArguments): Promise<void> {
  const [{ readTypes }, { typeIds }, { writeChunks }] = await Promise.all([
    import("./read-types.ts"),
    import("./type-ids.ts"),
    import("../write-chunks.ts"),
  ]);
  const btf = await readTypes(types, base);
  await writeChunks(
    await textsOf(
      format,
      btf,
      root.length === 0 ? undefined : [...new Set(root.flatMap((text) => typeIds(btf, text)))],
    ),
  );
}

async function textsOf(format: Format, btf: Btf, roots: readonly number[] | undefined): Promise<Iterable<string>> {
  const [{ ownIds }, { withProgress }] = await Promise.all([
    import("../../btf/dump-fields.ts"),
    import("../progress.ts"),
  ]);
  const ids = withProgress(roots ?? ownIds(btf), roots?.length ?? btf.typeCount - btf.firstId, `dumping ${btf.what}`);
  switch (format) {
    case "raw":
      return (await import("../../btf/dump-raw.ts")).dumpRaw(btf, ids);
    case "json":
      return (await import("../../btf/dump-json.ts")).dumpJson(btf, ids);
    case "ts":
      return [await (await import("../../generator/generate-types.ts")).generateTypes(btf, btf.what, ids)];
  }
}
