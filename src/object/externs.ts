import type { Btf } from "../btf/btf.ts";
import { CoreGenError } from "../errors.ts";
import { SHN_UNDEF, STB_LOCAL, STB_WEAK, STT_NOTYPE, type Elf, type ElfSymbol } from "./elf/elf.ts";
import type { Extern } from "./model.ts";

/** An extern and the ELF symbol that relocations name it by. */
export interface ExternSymbol {
  readonly extern: Extern;
  readonly symbol: ElfSymbol;
}

/** Reads the symbols that an object needs from the kernel or its configuration (libbpf: `bpf_object__collect_externs`). */
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
    });
}

function declaredExterns(btf: Btf): Map<string, Pick<Extern, "kind" | "typeId">> {
  const found = new Map<string, Pick<Extern, "kind" | "typeId">>();
  for (const id of btf.ownOfKind("datasec")) {
    const section = btf.type(id);
    if (section.kind !== "datasec") continue;
    const kind = section.name === ".kconfig" ? "kconfig" : section.name === ".ksyms" ? "ksym" : undefined;
    if (kind === undefined) continue;
    for (const { type: typeId } of section.vars) found.set(btf.name(typeId), { kind, typeId });
  }
  return found;
}
