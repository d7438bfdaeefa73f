import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { CoreGenError } from "../errors.ts";
import type { BpfObject, Extern } from "../object/model.ts";
import { nearNames } from "../object/near-names.ts";
import { explainIncompatibility } from "./incompatibility.ts";
import { addressesAreHidden, addressesOf, symbolNames } from "./kallsyms.ts";
import { findInKernel, namesOfKind, type FoundType, type KernelTypes, type ModuleTypes } from "./kernel-types.ts";
import { typesAreCompatible } from "./types-compat.ts";

/** What a kernel has for `__ksym` externs. Asked only for what the object has. */
export interface KernelSymbols extends KernelTypes {
  /** The text of /proc/kallsyms. */
  kallsyms(): string;
}

/** What the kernel has for one `__ksym` extern. */
export type ResolvedExtern =
  /** Something that the types of the kernel or of a module have. */
  | {
      readonly kind: "variable" | "function";
      readonly id: number;
      readonly module: ModuleTypes | undefined;
    }
  /** What was declared `void`: where it is. */
  | { readonly kind: "address"; readonly address: bigint }
  /** Weak, and not there. */
  | { readonly kind: "absent" };

/**
 * Looks up the `__ksym` externs of an object in a kernel, by index in its `externs`; `__kconfig` ones are left out
 * (libbpf: `bpf_object__resolve_externs`).
 *
 * Throws a `CoreGenError` with code `bad-input` for a strong one that the kernel doesn't have, with the names most like
 * it, and for one that is something else there.
 */
export function resolveExterns(object: BpfObject, kernel: KernelSymbols): Map<number, ResolvedExtern> {
  const { btf } = object;
  const resolved = new Map<number, ResolvedExtern>();
  if (btf === undefined) return resolved;
  const resolver = new Resolver(object.elf.what, btf, kernel);
  object.externs.forEach((extern, index) => {
    if (extern.kind === "ksym") resolved.set(index, resolver.resolve(extern));
  });
  return resolved;
}

const ABSENT: ResolvedExtern = { kind: "absent" };

class Resolver {
  readonly #what: string;
  readonly #local: Btf;
  readonly #kernel: KernelSymbols;
  #kallsyms: string | undefined;

  constructor(what: string, local: Btf, kernel: KernelSymbols) {
    this.#what = what;
    this.#local = local;
    this.#kernel = kernel;
  }

  resolve(extern: Extern): ResolvedExtern {
    switch (extern.declares) {
      case "address":
        return this.#resolveAddress(extern);
      case "variable":
        return this.#resolveVariable(extern);
      case "function":
        return this.#resolveFunction(extern);
    }
  }

  /** libbpf: `bpf_object__resolve_ksym_var_btf_id`. Unlike a function, a weak one of another type is refused, too. */
  #resolveVariable(extern: Extern): ResolvedExtern {
    const found = findInKernel(this.#kernel, extern.name, "var");
    if (found === undefined) return this.#missing(extern, () => this.#namesOf("var"));
    const variable = found.types.type(found.id);
    const { id: typeId } = skipModifiers(found.types, variable.kind === "var" ? variable.type : 0);
    if (!typesAreCompatible(this.#local, extern.declaredTypeId, found.types, typeId))
      throw this.#incompatible(extern, found, typeId);
    return { kind: "variable", id: found.id, module: found.module };
  }

  /** libbpf: `bpf_object__resolve_ksym_func_btf_id`. */
  #resolveFunction(extern: Extern): ResolvedExtern {
    const found = findInKernel(this.#kernel, essentialName(extern.name), "func");
    if (found === undefined) return this.#missing(extern, () => this.#namesOf("func"));
    const func = found.types.type(found.id);
    const protoId = func.kind === "func" ? func.type : 0;
    if (typesAreCompatible(this.#local, extern.declaredTypeId, found.types, protoId))
      return { kind: "function", id: found.id, module: found.module };
    if (extern.weak) return ABSENT;
    throw this.#incompatible(extern, found, protoId);
  }

  #resolveAddress(extern: Extern): ResolvedExtern {
    const kallsyms = (this.#kallsyms ??= this.#kernel.kallsyms());
    const [address, other] = addressesOf(kallsyms, extern.name);
    if (address === undefined) return this.#missing(extern, () => symbolNames(kallsyms));
    if (addressesAreHidden(kallsyms)) return this.#hidden(extern);
    if (other === undefined) return { kind: "address", address };
    throw this.#error(
      `the kernel has several symbols ${extern.name}, at ${hex(address)} and ${hex(other)}, and nothing says which is meant`,
      ["A variable that the kernel's types have can be declared with its type instead of void."],
    );
  }

  #missing(extern: Extern, names: () => Iterable<string>): ResolvedExtern {
    if (extern.weak) return ABSENT;
    const name = extern.declares === "function" ? essentialName(extern.name) : extern.name;
    const near = nearNames(name, names());
    throw this.#error(`this kernel has no ${words[extern.declares]} ${name}, which the object declares as __ksym`, [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      "It may be in a module that is not loaded.",
      "Declare it __weak to do without, and ask with bpf_ksym_exists() before using it.",
    ]);
  }

  #namesOf(kind: "var" | "func"): string[] {
    const { vmlinux, modules } = this.#kernel;
    return namesOfKind([vmlinux, ...modules.map(({ types }) => types)], kind);
  }

  #hidden(extern: Extern): ResolvedExtern {
    if (extern.weak) return ABSENT;
    throw this.#error(`the kernel hides the address of ${extern.name}: /proc/kallsyms has zeros only`, [
      "The process needs CAP_SYSLOG, and sysctl kernel.kptr_restrict below 2.",
    ]);
  }

  #incompatible(extern: Extern, { types, module }: FoundType, typeId: number): CoreGenError {
    const where = module === undefined ? "the kernel's" : `module ${module.name}'s`;
    return this.#error(
      `${where} ${words[extern.declares]} ${essentialName(extern.name)} is not what the object declares: ` +
        explainIncompatibility(this.#local, extern.declaredTypeId, types, typeId),
      [
        "Declare it as this kernel has it: bpftool btf dump file /sys/kernel/btf/vmlinux format c.",
        ...(extern.declares === "function"
          ? ["A second declaration, NAME___other, __weak, can be for other kernels."]
          : []),
      ],
    );
  }

  #error(problem: string, hints: readonly string[]): CoreGenError {
    return new CoreGenError("bad-input", `loading ${this.#what}: ${problem}`, { hints });
  }
}

const words: Readonly<Record<Extern["declares"], string>> = {
  variable: "variable",
  function: "kfunc",
  address: "symbol",
};

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
