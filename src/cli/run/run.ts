import type { Argv, CommandModule } from "yargs";
import { once } from "../once.ts";
import { readObjectFile } from "../read-object.ts";
import { parseRecordFlags } from "../record-flags.ts";
import { parseDuration } from "./duration.ts";
import { parseSettings } from "./settings.ts";

interface RunArguments {
  readonly file: string;
  readonly program: string[];
  readonly set: string[];
  readonly record: string[];
  readonly duration: string | undefined;
  readonly json: boolean;
}

/** `core-gen run FILE`: loads, attaches, prints records until Ctrl-C, and then maps and variables; no code needed. */
export const runCommand: CommandModule<object, RunArguments> = {
  command: "run <file>",
  describe: "Load and attach a compiled BPF object, and print its records, then its maps and variables",
  builder: (argv): Argv<RunArguments> =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "The object: prog.bpf.o" })
      .option("program", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: 'Only these programs; default: all but those of SEC("?…")',
      })
      .option("set", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: "A variable's value: --set rodata.min_ms=5",
      })
      .option("record", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: "MAP=STRUCT: which struct a ring or perf buffer carries, as for skel",
      })
      .option("duration", {
        type: "string",
        requiresArg: true,
        coerce: once("--duration"),
        describe: "When to end by itself: 10s, 500ms, 5m; default: at Ctrl-C",
      })
      .option("json", { type: "boolean", default: false, describe: "Print a line of JSON for each record" })
      .example("$0 run execsnoop.bpf.o", "")
      .example("$0 run opensnoop.bpf.o --set rodata.only_failed=true --duration 10s --json", ""),
  handler: run,
};

async function run({ file, program, set, record, duration, json }: RunArguments): Promise<void> {
  const settings = parseSettings(set);
  const milliseconds = duration === undefined ? undefined : parseDuration(duration);
  const records = parseRecordFlags(record);
  const bytes = readObjectFile(file);
  const { runObject } = await import("./run-object.ts");
  await runObject(bytes, { file, programs: program, settings, records, milliseconds, json });
}
