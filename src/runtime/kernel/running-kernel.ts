import { readFileSync } from "node:fs";
import type { Btf } from "../../btf/btf.ts";
import type { ModuleTypes } from "../../co-re/kernel-types.ts";
import type { KernelSymbols } from "../../co-re/resolve-externs.ts";
import { CoreGenError } from "../../errors.ts";
import { kernelBtf } from "./btf.ts";
import { modulesInOrder } from "./btf-ids.ts";
import { readModules } from "./module-btf.ts";

const KALLSYMS = "/proc/kallsyms";

/**
 * What programs attach to and call in the running kernel and its modules: nothing is read before it is asked for.
 * `given` are types to be taken for the kernel's; then no module adds to them.
 */
export function runningKernel(given?: () => Btf): KernelSymbols {
  let modules: ModuleTypes[] | undefined;
  return {
    get vmlinux() {
      return (given ?? kernelBtf)();
    },
    get modules() {
      return (modules ??= given === undefined ? inLibbpfsOrder(readModules(kernelBtf())) : []);
    },
    kallsyms: readKallsyms,
  };
}

function inLibbpfsOrder(modules: ModuleTypes[]): ModuleTypes[] {
  if (modules.length < 2) return modules;
  const order = modulesInOrder() ?? [];
  const place = ({ name }: ModuleTypes): number => order.indexOf(name) + 1 || order.length + 1;
  return modules.sort((a, b) => place(a) - place(b));
}

/** The text of /proc/kallsyms, which has some ten megabytes. */
export function readKallsyms(): string {
  try {
    return readFileSync(KALLSYMS, "latin1");
  } catch (cause) {
    throw new CoreGenError("kernel", `looking up an address of the kernel: ${KALLSYMS} can't be read`, {
      hints: ["Mount /proc, and use a kernel with CONFIG_KALLSYMS=y; for variables with CONFIG_KALLSYMS_ALL=y."],
      cause,
    });
  }
}
