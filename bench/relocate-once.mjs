// Opens an object and relocates it for the running kernel, as often as asked: node relocate-once.mjs OBJECT ROUNDS.
// Plain JavaScript over dist, so that what is measured cold is what an installed package does. Prints nanoseconds.
import { readFileSync } from "node:fs";
import { argv, hrtime } from "node:process";

// Found when it runs: dist is made by `npm run build`.
const dist = (name) => import(new URL(`../dist/${name}.js`, import.meta.url).href);
const { Btf } = await dist("btf/btf");
const { attachTargetId } = await dist("co-re/attach-target");
const { relocate } = await dist("co-re/relocate");
const { linkProgram } = await dist("object/link");
const { openObject } = await dist("object/open");

const [, , path, rounds] = argv;
for (let round = Number(rounds); round > 0; round--) {
  const start = hrtime.bigint();
  const object = openObject(readFileSync(path), { what: path });
  const vmlinux = Btf.parse(readFileSync("/sys/kernel/btf/vmlinux"), { what: "the running kernel" });
  const programs = object.programs.filter(({ autoload }) => autoload);
  const { code } = relocate(object, { vmlinux }, { functions: [...programs, ...object.subprograms] });
  for (const program of programs) {
    linkProgram(object, program, (part) => code.get(part) ?? part.insns);
    if (program.def?.needsAttachTarget) attachTargetId(program, program.def, vmlinux);
  }
  console.log(`${hrtime.bigint() - start}`);
}
