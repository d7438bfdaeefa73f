import type { Argv, CommandModule } from "yargs";
import { CoreGenError } from "../errors.ts";
import { nearNames } from "../object/near-names.ts";
import { programTypes, type ProgramTypeName } from "../object/bpf-enums.ts";
import { terminalWidth } from "./terminal-width.ts";
import { once } from "./once.ts";

interface FeaturesArguments {
  readonly helpers: string | undefined;
  readonly json: boolean;
}

/** `core-gen features`: what the running kernel and this process's permissions allow. */
export const featuresCommand: CommandModule<object, FeaturesArguments> = {
  command: "features",
  describe: "Say what the running kernel can: types of programs and maps, helpers, instructions, types",
  builder: (argv): Argv<FeaturesArguments> =>
    argv
      .option("helpers", {
        type: "string",
        requiresArg: true,
        coerce: once("--helpers"),
        describe: "The helpers that programs of this type may call: xdp, kprobe, …",
      })
      .option("json", { type: "boolean", default: false, describe: "Print it as JSON" })
      .example("$0 features", "")
      .example("$0 features --helpers xdp", ""),
  handler: printFeatures,
};

async function printFeatures({ helpers, json }: FeaturesArguments): Promise<void> {
  const type = helpers === undefined ? undefined : programTypeOf(helpers);
  const [{ helpersOf, kernelFacts }, { printFacts, printHelpers }] = await Promise.all([
    import("./kernel-facts.ts"),
    import("./print-features.ts"),
  ]);
  const width = terminalWidth();
  const facts = type === undefined ? kernelFacts() : helpersOf(type);
  if (json) process.stdout.write(`${JSON.stringify(facts, undefined, 2)}\n`);
  else process.stdout.write("helpers" in facts ? printHelpers(facts, width) : printFacts(facts, width));
}

function programTypeOf(name: string): ProgramTypeName {
  const type = programTypes.find((one) => one === name);
  if (type !== undefined) return type;
  const near = nearNames(name, programTypes);
  throw new CoreGenError("bad-input", `--helpers ${name}: there is no such type of program`, {
    hints: [near.length > 0 ? `Near it: ${near.join(", ")}.` : `There are: ${programTypes.join(", ")}.`],
  });
}
