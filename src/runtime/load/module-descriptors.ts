import type { ModuleTypes } from "../../co-re/kernel-types.ts";
import { CloseStack } from "../close-stack.ts";
import { openModuleTypes } from "../kernel/btf-ids.ts";
import type { Fd } from "../sys/fd.ts";

/** Descriptors of modules' types, opened when they are needed. Programs that are loaded hold on to the types themselves. */
export class ModuleDescriptors {
  readonly #opened = new CloseStack();
  readonly #known = new Map<string, Fd>();

  /** The number of the module's descriptor. Throws a `KernelError`, or a `CoreGenError` if it was unloaded. */
  numberOf({ name }: ModuleTypes): number {
    let fd = this.#known.get(name);
    if (fd === undefined) {
      fd = this.#opened.add(openModuleTypes(name));
      this.#known.set(name, fd);
    }
    return fd.number;
  }

  /** `fd_array` of BPF_PROG_LOAD, whose first place no module can have; empty without modules. */
  arrayOf(modules: readonly ModuleTypes[]): Uint8Array {
    if (modules.length === 0) return new Uint8Array();
    return new Uint8Array(Int32Array.from([0, ...modules.map((module) => this.numberOf(module))]).buffer);
  }

  [Symbol.dispose](): void {
    this.#opened.close();
  }
}
