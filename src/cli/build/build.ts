import { availableParallelism } from "node:os";
import { relative } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { CoreGenError } from "../../errors.ts";
import { once } from "../once.ts";
import { parseRecordFlags } from "../record-flags.ts";
import { reportError } from "../report.ts";

interface BuildArguments {
  readonly files: string[];
  readonly outDir: string | undefined;
  readonly clang: string | undefined;
  readonly cflag: string[];
  readonly record: string[];
  readonly arch: string | undefined;
  readonly force: boolean;
}

/** `core-gen build FILE…`: C in, objects and typed modules out. */
export const buildCommand: CommandModule<object, BuildArguments> = {
  command: "build <files..>",
  describe: "Compile BPF programs with clang, and generate their typed modules",
  builder: (argv): Argv<BuildArguments> =>
    argv
      .positional("files", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Sources: src/bpf/prog.bpf.c; globs too",
      })
      .option("outDir", {
        alias: "out-dir",
        type: "string",
        requiresArg: true,
        coerce: once("--out-dir"),
        describe: "Where prog.bpf.o and prog.skel.ts go; default: beside the source",
      })
      .option("clang", {
        type: "string",
        requiresArg: true,
        coerce: once("--clang"),
        describe: "The compiler; default: $CLANG, or the PATH's clang, or its newest clang-N",
      })
      .option("cflag", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: "One more flag for clang: --cflag=-DDEBUG; as often as needed",
      })
      .option("record", {
        type: "string",
        array: true,
        default: [],
        nargs: 1,
        describe: "MAP=STRUCT: which struct a ring or perf buffer carries, as for skel",
      })
      .option("arch", {
        choices: ["x64", "arm64"],
        requiresArg: true,
        coerce: once("--arch"),
        describe: "The machine that the programs are for; default: this one",
      })
      .option("force", { type: "boolean", default: false, describe: "Build also what has not changed" })
      .example("$0 build src/bpf/*.bpf.c", "")
      .example("$0 build prog.bpf.c --cflag=-DMAX_FILES=64 --out-dir src/generated", ""),
  handler: build,
};

async function build({ files, outDir, clang, cflag, record, arch, force }: BuildArguments): Promise<void> {
  const records = parseRecordFlags(record);
  const [{ findClang }, { findSources }, { buildSource }] = await Promise.all([
    import("./clang.ts"),
    import("./sources.ts"),
    import("./build-source.ts"),
  ]);
  const sources = await findSources(files, outDir);
  const settings = { clang: findClang(clang), cflags: cflag, records, arch: arch ?? process.arch, force };
  const unused = new Set(records.keys());
  let failed = 0;
  await inParallel(availableParallelism(), sources, async (source) => {
    const started = performance.now();
    try {
      const { isNew, messages, records: used } = await buildSource(source, settings);
      for (const map of used) unused.delete(map);
      for (const message of messages) console.error(`core-gen: ${message}`);
      const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
      console.log(`${relative("", source.skeleton)}  ${isNew ? took : "has not changed"}`);
    } catch (error) {
      // One broken program doesn't hide the errors of the others.
      reportError(error);
      failed++;
    }
  });
  if (failed === 0 && unused.size > 0) {
    const named = [...unused].join(", ");
    throw new CoreGenError("bad-input", `--record names ${named}: no program that is built has such a buffer`);
  }
  if (sources.length > 1 && failed > 0)
    throw new CoreGenError("bad-input", `${failed} of ${sources.length} programs could not be built`);
}

async function inParallel<T>(limit: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
