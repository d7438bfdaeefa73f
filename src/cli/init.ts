import type { Argv, CommandModule } from "yargs";

interface InitArguments {
  readonly dir: string;
}

/** `core-gen init [DIR]`: a project that compiles, loads and prints events. */
export const initCommand: CommandModule<object, InitArguments> = {
  command: "init [dir]",
  describe: "Start a project: a BPF program, an app that prints its events, and the scripts that build them",
  builder: (argv): Argv<InitArguments> =>
    argv
      .positional("dir", { type: "string", default: ".", describe: "Where; it is made if it is not there" })
      .example("$0 init my-tool", ""),
  handler: async ({ dir }): Promise<void> => {
    const { startProject } = await import("./start-project.ts");
    const written = startProject(dir);
    const enter = dir === "." ? "" : `cd ${dir} && `;
    console.log(written.map((file) => `  ${file}\n`).join(""));
    console.log(`Next: ${enter}npm install && npm run build, and as root: npm start`);
  },
};
