import type { Argv, CommandModule } from "yargs";
import { comparedKinds, type ComparedKind } from "../../btf/diff/facts.ts";

interface DiffArguments {
  readonly before: string;
  readonly after: string;
  readonly type: string[];
  readonly kind: ComparedKind[];
  readonly json: boolean;
}

/** `core-gen btf diff A B`: what changed from one kernel's types to another's. */
export const diffCommand: CommandModule<object, DiffArguments> = {
  command: "diff <before> <after>",
  describe: "Compare the types of two kernels, or of two objects",
  builder: (argv): Argv<DiffArguments> =>
    argv
      .positional("before", { type: "string", demandOption: true, describe: "A file, vmlinux, or a module" })
      .positional("after", { type: "string", demandOption: true, describe: "The one to compare with" })
      .option("type", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe: "Only the types of this name, with every field; may be given more than once",
      })
      .option("kind", {
        choices: comparedKinds,
        array: true,
        nargs: 1,
        default: [],
        describe: "Only types of this kind; default: struct, union, enum and typedef",
      })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" })
      .example("$0 btf diff 5.10.btf 6.12.btf --type task_struct", "What moved in it")
      .example("$0 btf diff 6.1.btf vmlinux --kind func", "Functions that came, went, or take something else"),
  handler: diff,
};

async function diff({ before, after, type: names, kind: kinds, json }: DiffArguments): Promise<void> {
  const [{ diffBtf }, { findNamed }, { typeIds }, { readTypes }, { writeChunks }, { printDiff, diffJson }] =
    await Promise.all([
      import("../../btf/diff/diff.ts"),
      import("../../btf/find-named.ts"),
      import("./type-ids.ts"),
      import("./read-types.ts"),
      import("../write-chunks.ts"),
      import("./print-diff.ts"),
    ]);
  const [old, now] = [await readTypes(before), await readTypes(after)];
  for (const name of names) if (findNamed(old, name).length === 0) typeIds(now, name);
  const changes = diffBtf(old, now, {
    ...(names.length > 0 ? { names } : {}),
    ...(kinds.length > 0 ? { kinds } : {}),
  });
  await writeChunks(
    json ? diffJson(changes) : printDiff(changes, { before: old.what, after: now.what, every: names.length > 0 }),
  );
}
