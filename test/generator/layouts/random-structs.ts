/*
 * Random C structs with random contents: C source in which clang lays the values out, and the values themselves as a
 * decoder has to return them. The same seed always gives the same text.
 */

/** A source file, and what each of its variables holds. */
export interface RandomStructs {
  readonly source: string;
  readonly expected: ReadonlyMap<string, Expected>;
}

/** Members by C name. Of a union only the one that was initialised is there. */
export type Expected = Readonly<Record<string, unknown>>;

/** A C type: how it is declared, and how to make a value of it. */
interface CType {
  declare(name: string): string;
  value(): Value;
  /** Whether reading and writing keep every bit: text and bool don't. */
  readonly lossless: boolean;
}

interface Value {
  readonly initializer: string;
  readonly expected: unknown;
}

/** One line of a struct: a member, padding, or an anonymous struct or union with several. */
interface Line {
  readonly declaration: string;
  /** Made anew for each value. */
  values(): { readonly name: string; readonly value: Value }[];
  readonly lossless: boolean;
}

export function randomStructs(seed: number, count: number): RandomStructs {
  return new StructMaker(seed).make(count);
}

const integers = [
  { c: "char", bits: 8, signed: true },
  { c: "signed char", bits: 8, signed: true },
  { c: "unsigned char", bits: 8, signed: false },
  { c: "short", bits: 16, signed: true },
  { c: "unsigned short", bits: 16, signed: false },
  { c: "int", bits: 32, signed: true },
  { c: "unsigned int", bits: 32, signed: false },
  { c: "long", bits: 64, signed: true },
  { c: "unsigned long", bits: 64, signed: false },
  { c: "long long", bits: 64, signed: true },
  { c: "unsigned long long", bits: 64, signed: false },
  { c: "__int128", bits: 128, signed: true },
  { c: "unsigned __int128", bits: 128, signed: false },
] as const;
type Integer = (typeof integers)[number];
/** Arrays of the others are text and bytes. */
const wideIntegers = integers.filter(({ bits }) => bits > 8);

const enums = [
  {
    c: "enum tiny",
    source: "enum tiny { T0, T1 = 200 } __attribute__((packed));",
    values: { T0: 0, T1: 200 },
    bits: 8,
  },
  {
    c: "enum plain",
    source: "enum plain { P0, P1 = 7, P2 = 0x7fffffff };",
    values: { P0: 0, P1: 7, P2: 0x7fffffff },
    bits: 32,
  },
  { c: "enum below", source: "enum below { B0 = -3, B1 = 3 };", values: { B0: -3, B1: 3 }, bits: 32 },
  {
    c: "enum wide",
    source: "enum wide { W0 = 1, W1 = 0x1122334455667788 };",
    values: { W0: 1n, W1: 0x1122334455667788n },
    bits: 64,
  },
] as const;

class StructMaker {
  #state: number;
  #names = 0;
  readonly #structs: CType[] = [];

  constructor(seed: number) {
    this.#state = seed;
  }

  make(count: number): RandomStructs {
    const source = ["// Made by random-structs.ts. Compiled by make.sh.", ...enums.map(({ source }) => source)];
    const expected = new Map<string, Expected>();
    for (let i = 0; i < count; i++) {
      const lines = this.#lines(2 + this.#below(9), 0);
      const attributes = this.#pick(["", "", "", " __attribute__((packed))", " __attribute__((aligned(16)))"]);
      source.push("", `struct s${i} {`, ...lines.map(({ declaration }) => `    ${declaration}`), `}${attributes};`);
      const struct = structType(`struct s${i}`, lines);
      const value = struct.value();
      // Structs in structs in structs: the source would grow without end.
      if (value.initializer.length < 400) this.#structs.push(struct);
      source.push(`struct s${i} v${i} = ${value.initializer};`);
      // A struct's value has a property for each member.
      expected.set(`v${i}`, value.expected as Expected);
    }
    source.push("", `char LICENSE[] __attribute__((section("license"), used)) = "GPL";`, "");
    return { source: source.join("\n"), expected };
  }

  #lines(count: number, depth: number): Line[] {
    return Array.from({ length: count }, () => this.#line(depth));
  }

  #line(depth: number): Line {
    const choice = this.#below(depth < 2 ? 20 : 14);
    if (choice < 6) return this.#bitField();
    if (choice === 6)
      return {
        declaration: this.#pick(["int : 0;", "int : 5;", "unsigned long long : 3;"]),
        values: () => [],
        lossless: true,
      };
    if (choice >= 18) return this.#anonymousUnion();
    if (choice >= 16) return this.#anonymousStruct(depth);
    return member(this.#name(), this.#type(depth), this.#pick(["", "", "", "", " __attribute__((aligned(8)))"]));
  }

  #bitField(): Line {
    const name = this.#name();
    if (this.#below(6) === 0) {
      const yes = this.#below(2) === 1;
      return field(name, `_Bool ${name} : 1;`, () => ({ initializer: yes ? "1" : "0", expected: yes }), false);
    }
    if (this.#below(5) === 0) {
      const { c, values } = this.#pick([enums[1], enums[2]]);
      return field(name, `${c} ${name} : 32;`, () => this.#enumerator(values), true);
    }
    const integer = this.#pick(integers.filter(({ bits }) => bits <= 64));
    const width = 1 + this.#below(integer.bits);
    const value = (): Value => this.#integer({ ...integer, bits: width }, integer.bits > 32);
    return field(name, `${integer.c} ${name} : ${width};`, value, true);
  }

  #anonymousStruct(depth: number): Line {
    const lines = this.#lines(1 + this.#below(3), depth + 1);
    return {
      declaration: `struct { ${lines.map(({ declaration }) => declaration).join(" ")} };`,
      values: () => lines.flatMap((line) => line.values()),
      lossless: lines.every(({ lossless }) => lossless),
    };
  }

  #anonymousUnion(): Line {
    const lines = this.#alternatives();
    return {
      declaration: `union { ${lines.map(({ declaration }) => declaration).join(" ")} };`,
      values: () => this.#pick(lines).values(),
      lossless: true,
    };
  }

  /** What may lie over each other: text ends at its first NUL, so what it shares bytes with would not survive it. */
  #alternatives(): Line[] {
    return Array.from({ length: 2 + this.#below(2) }, () => {
      return this.#below(4) === 0
        ? losslessStruct(this, this.#name())
        : member(this.#name(), this.integerOrBytes(), "");
    });
  }

  integerOrBytes(): CType {
    return this.#below(3) === 0 ? this.#bytes() : this.#integerType(this.#pick(integers));
  }

  nextName(): string {
    return this.#name();
  }

  #type(depth: number): CType {
    switch (this.#below(depth < 2 ? 11 : 8)) {
      case 0:
        return this.#text();
      case 1:
        return this.#bytes();
      case 2:
        return simple(
          "_Bool",
          () =>
            this.#pick([
              { initializer: "0", expected: false },
              { initializer: "1", expected: true },
            ]),
          false,
        );
      case 3:
        return this.#pick([this.#float("float"), this.#float("double")]);
      case 4:
        return this.#enumType();
      case 5:
        return simple("void *", () => this.#pointer(), true);
      case 6:
        return this.#array(
          this.#pick([this.#integerType(this.#pick(wideIntegers)), this.#enumType(), this.#text(), this.#bytes()]),
        );
      case 8:
        return this.#structs.length === 0 ? this.#bytes() : this.#pick(this.#structs);
      case 9:
        return this.#structs.length === 0 ? this.#text() : this.#array(this.#pick(this.#structs));
      case 10:
        return this.#namedUnion();
      default:
        return this.#integerType(this.#pick(integers));
    }
  }

  #namedUnion(): CType {
    const lines = this.#alternatives();
    const body = `union { ${lines.map(({ declaration }) => declaration).join(" ")} }`;
    return {
      declare: (name) => `${body} ${name}`,
      value: () => bracedValue(this.#pick(lines).values()),
      lossless: true,
    };
  }

  #array(element: CType): CType {
    const count = 1 + this.#below(3);
    return {
      declare: (name) => element.declare(`${name}[${count}]`),
      value: () => {
        const values = Array.from({ length: count }, () => element.value());
        return {
          initializer: `{${values.map(({ initializer }) => initializer).join(", ")}}`,
          expected: values.map(({ expected }) => expected),
        };
      },
      lossless: element.lossless,
    };
  }

  #text(): CType {
    const size = 2 + this.#below(20);
    return {
      declare: (name) => `char ${name}[${size}]`,
      value: () => {
        const text = Array.from({ length: this.#below(size + 1) }, () =>
          this.#pick("a b c d e f . / - X Y Z".split(" ")),
        ).join("");
        return { initializer: JSON.stringify(text), expected: text };
      },
      lossless: false,
    };
  }

  #bytes(): CType {
    const size = 1 + this.#below(9);
    return {
      declare: (name) => `unsigned char ${name}[${size}]`,
      value: () => {
        const bytes = Array.from({ length: size }, () => this.#below(256));
        return { initializer: `{${bytes.join(", ")}}`, expected: Uint8Array.from(bytes) };
      },
      lossless: true,
    };
  }

  #integerType(integer: Integer): CType {
    return simple(integer.c, () => this.#integer(integer, integer.bits > 32), true);
  }

  #integer({ bits, signed }: { bits: number; signed: boolean }, big: boolean): Value {
    let pattern = 0n;
    for (let i = 0; i < 4; i++) pattern = (pattern << 32n) | BigInt(this.#next());
    const value = signed ? BigInt.asIntN(bits, pattern) : BigInt.asUintN(bits, pattern);
    return { initializer: literal(value, bits), expected: big ? value : Number(value) };
  }

  #float(c: "float" | "double"): CType {
    // Eighths: exact in both types.
    const value = (): number => (this.#below(2001) - 1000) / 8;
    return simple(
      c,
      () => {
        const number = value();
        return { initializer: number.toFixed(3), expected: number };
      },
      true,
    );
  }

  #enumType(): CType {
    const { c, values } = this.#pick([...enums]);
    return simple(c, () => this.#enumerator(values), true);
  }

  #enumerator(values: Readonly<Record<string, number | bigint>>): Value {
    const [initializer, expected] = this.#pick(Object.entries(values));
    return { initializer, expected };
  }

  #pointer(): Value {
    const address = (BigInt(this.#next()) << 32n) | BigInt(this.#next());
    return { initializer: `(void *)${address}ULL`, expected: address };
  }

  #name(): string {
    return `m${this.#names++}`;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  #below(limit: number): number {
    return this.#next() % limit;
  }

  /** 32 random bits (mulberry32). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
}

/** An anonymous struct of two members that lose nothing, as an alternative of a union. */
function losslessStruct(maker: StructMaker, name: string): Line {
  const lines = [member(name, maker.integerOrBytes(), ""), member(maker.nextName(), maker.integerOrBytes(), "")];
  return {
    declaration: `struct { ${lines.map(({ declaration }) => declaration).join(" ")} };`,
    values: () => lines.flatMap((line) => line.values()),
    lossless: true,
  };
}

function structType(c: string, lines: readonly Line[]): CType {
  return {
    declare: (name) => `${c} ${name}`,
    value: () => bracedValue(lines.flatMap((line) => line.values())),
    lossless: lines.every(({ lossless }) => lossless),
  };
}

function bracedValue(members: readonly { name: string; value: Value }[]): Value {
  return {
    initializer: `{${members.map(({ name, value }) => `.${name} = ${value.initializer}`).join(", ")}}`,
    expected: Object.fromEntries(members.map(({ name, value }) => [name, value.expected])),
  };
}

function member(name: string, type: CType, attribute: string): Line {
  return field(name, `${type.declare(name)}${attribute};`, () => type.value(), type.lossless);
}

function field(name: string, declaration: string, value: () => Value, lossless: boolean): Line {
  return { declaration, values: () => [{ name, value: value() }], lossless };
}

function simple(c: string, value: () => Value, lossless: boolean): CType {
  return { declare: (name) => `${c} ${name}`, value, lossless };
}

/** C has no literals of 128 bits, and none for the smallest number of a signed type. */
function literal(value: bigint, bits: number): string {
  if (bits <= 32) return value < 0n ? `(${value}LL)` : `${value}U`;
  const pattern = BigInt.asUintN(128, value);
  const low = `${BigInt.asUintN(64, pattern)}ULL`;
  if (bits <= 64) return value < 0n ? `(long long)${low}` : low;
  return `(__int128)(((unsigned __int128)${pattern >> 64n}ULL << 64) | ${low})`;
}
