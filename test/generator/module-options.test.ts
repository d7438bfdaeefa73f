import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generateForTargets, generateSkeleton, type ModuleOptions } from "../../src/generator/index.ts";
import { stripDebugInfo } from "../../src/generator/strip-object.ts";
import { openObject } from "../../src/object/open.ts";
import { forArch } from "../../src/runtime/embed.ts";
import { Memory } from "../../src/runtime/memory.ts";
import { codecOf, evaluateModule, specOf } from "./support/evaluate.ts";

function object(name: string): Uint8Array {
  return readFileSync(new URL(`../objects/${name}.bpf.o`, import.meta.url));
}

async function declared(name: string, options: ModuleOptions): Promise<string[]> {
  const { text } = await generateSkeleton(object(name), { fileName: `${name}.bpf.o`, ...options });
  return [...text.matchAll(/^export (?:const|interface) (\w+)/gmu)].map(([, declaration]) => declaration!);
}

/** Interfaces and constants have the same names: each once. */
async function typesOf(name: string, options: ModuleOptions): Promise<string[]> {
  return [...new Set(await declared(name, options))];
}

describe("the types of a module", { timeout: 60_000 }, () => {
  it("are those that maps, records and variables need", async () => {
    expect(await typesOf("targets.stripped", { typesOnly: true })).toEqual(["Event"]);
  });

  it.each([
    ["struct unused", ["Event", "Unused", "Verdict"]],
    ["unused", ["Event", "Unused", "Verdict"]],
    ["enum verdict", ["Event", "Verdict"]],
    ["verdict", ["Event", "Verdict"]],
    ["event", ["Event"]],
  ])("and those that are asked for: %s", async (type, expected) => {
    expect(await typesOf("targets.stripped", { types: [type], typesOnly: true })).toEqual(expected);
  });

  it("may be in the debug info alone", async () => {
    expect(await typesOf("hints", { types: ["event"], typesOnly: true })).toContain("Event");
    expect(await typesOf("hints", { types: ["enum sender"], typesOnly: true, globals: false })).toContain("Sender");
  });

  it("never change the names of others", async () => {
    const plain = await declared("targets.stripped", {});
    expect((await declared("targets.stripped", { types: ["unused"] })).filter((name) => plain.includes(name))).toEqual(
      plain,
    );
  });

  it("are all that the object has a name for, and what has no layout is said", async () => {
    expect(await typesOf("targets.stripped", { allTypes: true, typesOnly: true })).toEqual([
      "Event",
      "Unused",
      "Verdict",
    ]);
    const { messages } = await generateSkeleton(object("struct-ops.scx.stripped"), { allTypes: true });
    expect(messages.at(-1)).toMatch(
      /^--all-types leaves out what is only declared, without members: (?:struct|union) \w+/u,
    );
  });

  it.each([
    ["nothing", 'targets.bpf.o: --type nothing: the object has no struct, union or enum "nothing"'],
    ["unuesd", 'targets.bpf.o: --type unuesd: the object has no struct, union or enum "unuesd"'],
    ["number_t", "targets.bpf.o: --type number_t: this is unsigned int, which TypeScript needs no declaration for"],
  ])("that are no types are refused: %s", async (type, message) => {
    await expect(
      generateSkeleton(object("targets"), { fileName: "targets.bpf.o", types: [type] }),
    ).rejects.toMatchObject({ code: "bad-input", message });
  });

  it("name what may have been meant", async () => {
    await expect(generateSkeleton(object("targets"), { types: ["unuesd"] })).rejects.toMatchObject({
      hints: ['Did you mean "unused"?'],
    });
  });
});

describe("a module", { timeout: 60_000 }, () => {
  it("has no variables without globals", async () => {
    const { text } = await generateSkeleton(object("targets.stripped"), { globals: false });
    expect(specOf(evaluateModule(text)).globals).toEqual({});
    expect(text).not.toContain("Bss");
  });

  it("of types alone reads and writes records, and imports nothing that runs", async () => {
    const { text } = await generateSkeleton(object("targets.stripped"), { typesOnly: true });
    expect(text).not.toContain("OBJECT");
    expect(text.match(/^import .*/gmu)).toEqual(['import type { Codec } from "core-gen/runtime";']);
    const codec = codecOf(evaluateModule(text), "Event");
    const bytes = Uint8Array.of(1, 0, 0, 0, 0, 2, 0, 0);
    expect(codec.read(new Memory(bytes, true), 0)).toEqual({ pid: 1, size: 512 });
    const written = new Uint8Array(8);
    codec.write(new Memory(written, true), 0, { pid: 1, size: 512 });
    expect(written).toEqual(bytes);
  });

  it("of types alone has to have one", async () => {
    await expect(
      generateSkeleton(object("sections.stripped"), { fileName: "sections.bpf.o", typesOnly: true }),
    ).rejects.toMatchObject({
      code: "bad-input",
      message: "sections.bpf.o: no map, record or variable has a struct, union or enum to declare",
      hints: ["Name types with --type, or take all that the object has with --all-types."],
    });
  });
});

describe("a module for several machines", { timeout: 60_000 }, () => {
  const target = (arch: string, name: string): { arch: string; bytes: Uint8Array; fileName: string } => {
    return { arch, bytes: object(name), fileName: `build/${arch}/targets.bpf.o` };
  };

  it("has an object for each, and opens its own", async () => {
    const targets = [target("x64", "targets.stripped"), target("arm64", "targets.on-arm64.stripped")];
    const { text } = await generateForTargets(targets);
    expect(text.split("\n")[0]).toMatch(/ from targets\.bpf\.o \(x64\), targets\.bpf\.o \(arm64\)\. DO NOT EDIT\.$/u);
    const { object: bytes } = specOf(evaluateModule(text));
    for (const { arch, bytes: original } of targets)
      expect(on(arch, bytes)).toEqual(stripDebugInfo(openObject(original).elf));
    expect(() => on("s390x", bytes)).toThrow(
      "this skeleton has no object for s390x: it was generated for x64 and arm64",
    );
  });

  it("refers to files of its own for each", async () => {
    const { text } = await generateForTargets([
      { ...target("x64", "targets.stripped"), external: "./x64/targets.bpf.o" },
      { ...target("arm64", "targets.on-arm64.stripped"), external: "./arm64/targets.bpf.o" },
    ]);
    expect(text).not.toContain("const OBJECT");
    const places = [
      ...text.matchAll(/(\w+): \(\) =>\s+external\(\s+new URL\("(.*?)", import\.meta\.url\),\s+"(\w{64})"/gu),
    ];
    expect(places.map(([, arch, url]) => `${arch!} ${url!}`)).toEqual([
      "x64 ./x64/targets.bpf.o",
      "arm64 ./arm64/targets.bpf.o",
    ]);
    expect(new Set(places.map(([, , , sha256]) => sha256)).size).toBe(2);
  });

  it("is refused when the objects have something else to offer, and says what", async () => {
    const targets = [target("x64", "targets.stripped"), target("arm64", "targets.wide.stripped")];
    await expect(generateForTargets(targets)).rejects.toMatchObject({
      code: "bad-input",
      message: "build/arm64/targets.bpf.o (arm64) does not fit into one module with build/x64/targets.bpf.o (x64)",
      hints: [
        "the program another is new",
        "Event is made from `struct event`, 16 bytes, was `struct event`, 8 bytes",
        "Event.size is at 8, 8 bytes, was at 4, 4 bytes; __u64 size, was __u32 size",
        "Generate a module for each of them, or compile both from the same source.",
      ],
    });
  });

  it("needs an object", async () => {
    await expect(generateForTargets([])).rejects.toMatchObject({ code: "bad-input" });
  });
});

function on(arch: string, get: () => Uint8Array): Uint8Array {
  const own = Object.getOwnPropertyDescriptor(process, "arch")!;
  Object.defineProperty(process, "arch", { ...own, value: arch });
  try {
    return get();
  } finally {
    Object.defineProperty(process, "arch", own);
  }
}

it("forArch takes no name of Object's for a machine", () => {
  expect(() => on("toString", () => forArch({ x64: () => new Uint8Array() }))).toThrow(
    "this skeleton has no object for toString: it was generated for x64",
  );
});
