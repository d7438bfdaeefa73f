import type { Argv, CommandModule } from "yargs";
import type { Btf } from "../../btf/btf.ts";
import { doWithoutInlining } from "../no-inlining.ts";
import { once } from "../once.ts";
import { UsageError } from "../report.ts";

const formats = ["raw", "json", "c", "ts"] as const;
type Format = (typeof formats)[number];

interface DumpArguments {
  readonly types: string;
  readonly format: Format;
  readonly base: string | undefined;
  readonly root: string[];
  readonly unsorted: boolean;
}

/** `core-gen btf dump FILE|vmlinux|MODULE`: all types, or some, in one of several languages. */
export const dumpCommand: CommandModule<object, DumpArguments> = {
  command: "dump <types>",
  describe: "Print types: a line each, as JSON, as a C header, or as TypeScript",
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
        describe: "raw, json and c are bpftool's; ts is the interfaces that skel writes",
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
      .option("unsorted", {
        type: "boolean",
        default: false,
        describe: "With --format c: in the order of ids, not of names",
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

async function dump({ types, format, base, root, unsorted }: DumpArguments): Promise<void> {
  if (unsorted && format !== "c")
    throw new UsageError("--unsorted is for --format c: the others are in the order of ids.");
  const [{ readTypes }, { definitionIds, typeIds }, { writeChunks }] = await Promise.all([
    import("./read-types.ts"),
    import("./type-ids.ts"),
    import("../write-chunks.ts"),
  ]);
  const btf = await readTypes(types, base);
  // A declaration in a language wants what it declares; a list has all that there is.
  const find = format === "c" || format === "ts" ? definitionIds : typeIds;
  const roots = root.length === 0 ? undefined : [...new Set(root.flatMap((text) => find(btf, text)))];
  await writeChunks(await textsOf(format, btf, roots, unsorted));
}

async function textsOf(
  format: Format,
  btf: Btf,
  roots: readonly number[] | undefined,
  unsorted: boolean,
): Promise<Iterable<string>> {
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
    case "c": {
      doWithoutInlining();
      const { dumpC } = await import("../../btf/dump-c/dump-c.ts");
      return [dumpC(btf, { sorted: !unsorted, ...(roots === undefined ? {} : { roots }) })];
    }
    case "ts":
      return [await (await import("../../generator/generate-types.ts")).generateTypes(btf, btf.what, ids)];
  }
}
