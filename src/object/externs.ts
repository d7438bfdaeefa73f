import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { CoreGenError } from "../errors.ts";
import { SHN_UNDEF, STB_LOCAL, STB_WEAK, STT_NOTYPE, type Elf, type ElfSymbol } from "./elf/elf.ts";
import { KCONFIG } from "./kconfig-layout.ts";
import type { Extern } from "./model.ts";

/** The section of `__ksym` externs. */
export const KSYMS = ".ksyms";

/** An extern and the ELF symbol that relocations name it by. */
export interface ExternSymbol {
  readonly extern: Extern;
  readonly symbol: ElfSymbol;
}

/**
 * Reads the symbols that an object needs from the kernel or its configuration (libbpf: `bpf_object__collect_externs`).
 * `btf` is the object's as the compiler wrote it.
 */
export function readExterns(elf: Elf, btf: Btf | undefined): ExternSymbol[] {
  if (btf === undefined) return [];
  const declared = declaredExterns(btf);
  return elf.symbols
    .filter(
      ({ section, binding, type, name }) =>
        section === SHN_UNDEF && binding !== STB_LOCAL && type === STT_NOTYPE && name !== "",
    )
    .map((symbol) => {
      const found = declared.get(symbol.name);
      if (found === undefined) {
        throw new CoreGenError(
          "bad-object",
          `${elf.what}: "${symbol.name}" is used, but neither defined nor declared as __kconfig or __ksym`,
          {
            hints: ["Is a source file missing from the link, or __ksym from the declaration?"],
          },
        );
      }
      return { symbol, extern: { name: symbol.name, weak: symbol.binding === STB_WEAK, ...found } };
    })
    .sort((a, b) => compare(a.extern.kind, b.extern.kind) || compare(a.extern.name, b.extern.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

type Declaration = Omit<Extern, "name" | "weak">;

function declaredExterns(btf: Btf): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const id of btf.ownOfKind("datasec")) {
    const section = btf.type(id);
    if (section.kind !== "datasec") continue;
    const kind = section.name === KCONFIG ? "kconfig" : section.name === KSYMS ? "ksym" : undefined;
    if (kind === undefined) continue;
    for (const { type: typeId } of section.vars)
      found.set(btf.name(typeId), { kind, typeId, ...declarationOf(btf, kind, typeId) });
  }
  return found;
}

function declarationOf(btf: Btf, kind: Extern["kind"], typeId: number): Pick<Extern, "declares" | "declaredTypeId"> {
  const declared = btf.type(typeId);
  if (declared.kind === "func" && kind === "ksym") return { declares: "function", declaredTypeId: declared.type };
  if (declared.kind !== "var") {
    throw new CoreGenError(
      "bad-object",
      `${btf.what}: "${declared.name}" is declared in ${kind === "ksym" ? KSYMS : KCONFIG}, and is neither a variable nor a function that can be there`,
    );
  }
  const { id: declaredTypeId } = skipModifiers(btf, declared.type);
  return { declares: kind === "ksym" && declaredTypeId === 0 ? "address" : "variable", declaredTypeId };
}
