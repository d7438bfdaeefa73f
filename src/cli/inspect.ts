import { basename } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { readObjectFile } from "./read-object.ts";
import { parseRecordFlags } from "./record-flags.ts";

interface InspectArguments {
  readonly file: string;
  readonly json: boolean;
  readonly record: string[];
}

/** `core-gen inspect FILE`: what is in a compiled object. */
export const inspectCommand: CommandModule<object, InspectArguments> = {
  command: "inspect <file>",
  describe: "Show what is in a compiled BPF object",
  builder: (argv): Argv<InspectArguments> =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "The object: prog.bpf.o" })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" })
      .option("record", { type: "string", array: true, default: [], nargs: 1, describe: "MAP=STRUCT: as for skel" }),
  handler: inspect,
};

async function inspect({ file, json, record }: InspectArguments): Promise<void> {
  const flags = parseRecordFlags(record);
  const bytes = readObjectFile(file);
  const [{ openObject }, { findRecords }, { collectFacts }, { printFacts }] = await Promise.all([
    import("../object/open.ts"),
    import("../object/records.ts"),
    import("./facts.ts"),
    import("./print-facts.ts"),
  ]);
  const object = openObject(bytes, { what: file });
  const facts = collectFacts(object, findRecords(object, { flags }));
  process.stdout.write(json ? `${JSON.stringify(facts, undefined, 2)}\n` : printFacts(basename(file), facts));
}
