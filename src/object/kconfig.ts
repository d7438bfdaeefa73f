import type { Btf } from "../btf/btf.ts";
import { CoreGenError } from "../errors.ts";
import { kconfigKindOf, type KconfigKind } from "./kconfig-layout.ts";
import type { BpfObject, DataSection } from "./model.ts";

/** What `__kconfig` variables are filled in from. Asked only for what the object has. */
export interface KconfigSource {
  /** `KERNEL_VERSION(a, b, c)` of the kernel. */
  kernelVersion(): number;
  hasBpfCookie(): boolean;
  hasSyscallWrapper(): boolean;
  /** Lines that count before those of the kernel's configuration, which is read only for what they leave open. */
  readonly given?: string | undefined;
  /** The configuration the kernel was built with. */
  config(): KconfigText;
}

/** Lines like `CONFIG_HZ=250`; what does not begin with CONFIG_ is no line of it. */
export interface KconfigText {
  readonly text: string;
  /** Where it is from, for errors. */
  readonly where: string;
}

/**
 * Fills in the values of an object's `__kconfig` variables (libbpf: `bpf_object__resolve_externs`).
 *
 * `contents` are the bytes of `.kconfig` and keep what they are where the kernel has nothing to say of a weak variable.
 * Throws a `CoreGenError`: `bad-input` for a strong one that the kernel's configuration does not have, and for a value
 * that does not fit into its variable.
 */
export function fillInKconfig(
  object: BpfObject,
  source: KconfigSource,
  contents: Uint8Array,
  onValue: KconfigListener = () => undefined,
): void {
  const { btf } = object;
  const section = object.maps.find(({ data }) => data?.kind === "kconfig")?.data;
  if (btf === undefined || section === undefined) return;
  const filler = new Filler(object, btf, section, { contents, onValue });
  for (const variable of filler.variables) {
    const value = virtualValue(variable, source);
    if (value === undefined) continue;
    filler.setNumber(variable, value, `${value}`);
    onValue(variable.name, `0x${value.toString(16)}`);
  }
  if (filler.isComplete()) return;
  if (source.given !== undefined) filler.readConfig({ text: source.given, where: "the setting `kconfig`" });
  if (filler.isComplete()) return;
  const config = source.config();
  filler.readConfig(config);
  filler.finish(config);
}

/** Gets to know what a variable was set to: as it is written in the configuration; undefined when nothing says it. */
export type KconfigListener = (variable: string, value: string | undefined) => void;

interface Slot {
  readonly name: string;
  readonly weak: boolean;
  readonly offset: number;
  readonly size: number;
  readonly kind: KconfigKind;
  readonly signed: boolean;
}

/** The value of a variable that is not in the configuration, but libbpf's own. */
function virtualValue({ name, weak }: Slot, source: KconfigSource): bigint | undefined {
  switch (name) {
    case "LINUX_KERNEL_VERSION":
      return BigInt(source.kernelVersion());
    case "LINUX_HAS_BPF_COOKIE":
      return BigInt(source.hasBpfCookie());
    case "LINUX_HAS_SYSCALL_WRAPPER":
      return BigInt(source.hasSyscallWrapper());
    default:
      if (name.startsWith("CONFIG_")) return undefined;
      if (name.startsWith("LINUX_") && weak) return 0n;
      throw new CoreGenError("bad-object", `the __kconfig variable ${name} is none that can be filled in`, {
        hints: [
          "There are CONFIG_…, LINUX_KERNEL_VERSION, LINUX_HAS_BPF_COOKIE and LINUX_HAS_SYSCALL_WRAPPER; other LINUX_… must be __weak.",
        ],
      });
  }
}

class Filler {
  readonly variables: readonly Slot[];
  readonly #object: BpfObject;
  readonly #contents: Uint8Array;
  readonly #view: DataView;
  /** Options of the configuration that were not found so far. */
  readonly #wanted: Map<string, Slot>;

  readonly #onValue: KconfigListener;

  constructor(
    object: BpfObject,
    btf: Btf,
    section: DataSection,
    { contents, onValue }: { readonly contents: Uint8Array; readonly onValue: KconfigListener },
  ) {
    this.#object = object;
    this.#contents = contents;
    this.#onValue = onValue;
    this.#view = new DataView(contents.buffer, contents.byteOffset, contents.length);
    const weak = new Set(object.externs.filter((extern) => extern.weak).map(({ name }) => name));
    this.variables = section.variables.flatMap(({ name, offset, size, typeId }) => {
      const kind = kconfigKindOf(btf, typeId);
      return kind === undefined ? [] : [{ name, weak: weak.has(name), offset, size, ...kind }];
    });
    const options = this.variables.filter(({ name }) => name.startsWith("CONFIG_"));
    this.#wanted = new Map(options.map((variable) => [variable.name, variable]));
  }

  /** Whether no option of the configuration is missing. */
  isComplete(): boolean {
    return this.#wanted.size === 0;
  }

  /**
   * Takes what the variables want from the text of a configuration; of several lines about one the first (libbpf:
   * `bpf_object__process_kconfig_line`).
   */
  readConfig({ text, where }: KconfigText): void {
    for (const line of text.split("\n")) {
      if (!line.startsWith("CONFIG_")) continue;
      const separator = line.indexOf("=");
      if (separator < 0 || separator === line.length - 1)
        throw this.#error(`${where} has "${line}", without a value`, []);
      const variable = this.#wanted.get(line.slice(0, separator));
      if (variable === undefined) continue;
      const value = line.slice(separator + 1);
      this.#set(variable, value);
      this.#wanted.delete(variable.name);
      this.#onValue(variable.name, value);
    }
  }

  /** Leaves what is still missing as it is, and throws for what must be there; `where` was the last text. */
  finish({ where }: KconfigText): void {
    const missing = [...this.#wanted.values()].filter(({ weak }) => !weak);
    if (missing.length === 0) {
      for (const name of this.#wanted.keys()) this.#onValue(name, undefined);
      return;
    }
    const names = missing.map(({ name }) => name).join(", ");
    throw this.#error(`the kernel's configuration (${where}) does not have ${names}`, [
      "Options that are off are not in it: declare the variable __weak, and it is 0 then.",
      "Options that this kernel's configuration does not tell can be given as the setting `kconfig`.",
    ]);
  }

  #set(variable: Slot, value: string): void {
    const first = value[0] ?? "";
    if (first === '"') this.#setText(variable, value);
    else if (first === "y" || first === "n" || first === "m") this.#setTristate(variable, first);
    else if (variable.kind === "int" || variable.kind === "char") this.setNumber(variable, parseU64(value), value);
    else throw this.#wrongType(variable, value);
  }

  #setTristate(variable: Slot, letter: "y" | "n" | "m"): void {
    if (variable.kind === "char") this.#view.setUint8(variable.offset, letter.charCodeAt(0));
    else if (variable.kind === "bool" && letter !== "m") this.#view.setUint8(variable.offset, letter === "y" ? 1 : 0);
    else if (variable.kind === "tristate") this.#store(variable, { n: 0n, y: 1n, m: 2n }[letter]);
    else throw this.#wrongType(variable, letter);
  }

  #setText(variable: Slot, quoted: string): void {
    if (variable.kind !== "text") throw this.#wrongType(variable, quoted);
    if (quoted.length < 2 || !quoted.endsWith('"'))
      throw this.#error(`${variable.name}=${quoted} in the configuration has no end`, []);
    // Text that is too long is cut, and always ends with a NUL.
    const bytes = new TextEncoder().encode(quoted.slice(1, -1)).subarray(0, variable.size - 1);
    this.#contents.set([...bytes, 0], variable.offset);
  }

  /** Stores a number of 64 bits; `text` is what stood in the configuration. */
  setNumber(variable: Slot, value: bigint | undefined, text: string): void {
    const { kind, signed, size } = variable;
    if (value === undefined || kind === "text" || kind === "tristate") throw this.#wrongType(variable, text);
    const fits = signed
      ? BigInt.asIntN(size * 8, value) === BigInt.asIntN(64, value)
      : BigInt.asUintN(size * 8, value) === value && (kind !== "bool" || value <= 1n);
    if (!fits) throw this.#error(`${variable.name} is ${text}, which does not fit into its ${size} bytes`, []);
    this.#store(variable, value);
  }

  #store({ offset, size }: Slot, value: bigint): void {
    const { littleEndian } = this.#object;
    if (size === 1) this.#view.setUint8(offset, Number(value & 0xffn));
    else if (size === 2) this.#view.setUint16(offset, Number(value & 0xffffn), littleEndian);
    else if (size === 4) this.#view.setUint32(offset, Number(value & 0xffff_ffffn), littleEndian);
    else this.#view.setBigUint64(offset, BigInt.asUintN(64, value), littleEndian);
  }

  #wrongType({ name, kind }: Slot, value: string): CoreGenError {
    return this.#error(`the configuration has ${name}=${value}, which is no value for ${words[kind]}`, [
      "Declare it with the type that the option has: bool, enum libbpf_tristate, int or char[].",
    ]);
  }

  #error(problem: string, hints: readonly string[]): CoreGenError {
    return new CoreGenError("bad-input", `filling in the __kconfig variables of ${this.#object.elf.what}: ${problem}`, {
      hints,
    });
  }
}

const words: Readonly<Record<KconfigKind, string>> = {
  bool: "a bool",
  tristate: "an enum libbpf_tristate",
  char: "a char",
  int: "an integer",
  text: "an array of char",
};

/** A number as C's `strtoull` with base 0 takes it; undefined for anything else, and for more than 64 bits. */
function parseU64(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/u.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = "0"] = match;
  const isOctal = /^0[0-7]+$/u.test(digits);
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (value > 0xffff_ffff_ffff_ffffn) return undefined;
  return BigInt.asUintN(64, sign === "-" ? -value : value);
}
