import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { CoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { findRecords, type FindRecordsOptions } from "../../src/object/records.ts";

/** `[kind of evidence, names of the candidates, sizes that the code sends]` by map. */
type Found = Record<string, [source: string, names: string[], sizes: (number | undefined)[]]>;

function open(path: string): ReturnType<typeof openObject> {
  return openObject(readFileSync(new URL(`../../${path}`, import.meta.url)), { what: path });
}

function find(path: string, options?: FindRecordsOptions): Found {
  const { types, maps } = findRecords(open(path), options);
  return Object.fromEntries(
    maps.map(({ map, source, candidates, sizes }) => [
      map,
      [source, candidates.map((id) => types.type(id).name), [...sizes]],
    ]),
  );
}

function messages(path: string, options?: FindRecordsOptions): Record<string, string> {
  return Object.fromEntries(findRecords(open(path), options).maps.map(({ map, message }) => [map, message]));
}

function failure(path: string, options?: FindRecordsOptions): CoreGenError {
  try {
    findRecords(open(path), options);
  } catch (error) {
    if (error instanceof CoreGenError) return error;
    throw error;
  }
  throw new Error("no error");
}

describe("the examples", () => {
  it("finds the struct that only the program's function knows", () => {
    expect(find("examples/execsnoop/execsnoop.bpf.o")).toEqual({ events: ["code", ["event"], [280]] });
  });

  it("finds the struct of a function in .text", () => {
    expect(find("examples/opencount/opencount.bpf.o")).toEqual({ reports: ["code", ["report"], [168]] });
  });
});

describe("buffers of plain numbers", () => {
  it.each(["numbers.bpf.o", "numbers.stripped.bpf.o"])("are not taken for structs of their size in %s", (name) => {
    expect(find(`test/objects/${name}`)).toEqual({ typed: ["value-type", ["__u32"], [4]], untyped: ["none", [], [8]] });
  });
});

// What the C source says, see test/objects/records.bpf.c.
const expected: Found = {
  by_reserve: ["code", ["reserved"], [20]],
  by_output: ["code", ["on_stack"], [16]],
  by_perf: ["code", ["sampled"], [24]],
  two_records: ["code", ["exec_event", "exit_event"], [64, 8]],
  by_argument: ["code", ["passed_a"], [24]],
  by_argument_too: ["code", ["passed_b"], [40]],
  by_inlined: ["code", ["inlined"], [12]],
  by_return: ["code", ["returned"], [104]],
  by_scope: ["code", ["in_scope"], [44]],
  undecided: ["code", ["maybe_this", "maybe_that"], [24]],
  by_map_value: ["code", ["scratch"], [204]],
  varying: ["code", ["scratch"], [undefined]],
  by_global: ["code", ["global"], [32]],
  unknown: ["none", [], [undefined]],
  silent: ["none", [], []],
  by_typedef: ["code", ["nameless_t"], [8]],
  by_union: ["code", ["either"], [16]],
  by_copy: ["code", ["counted"], [48]],
  beside_context: ["code", ["as_large"], [56]],
  beside_argument: ["code", ["as_large"], [56]],
  beside_pointer: ["code", ["as_large"], [56]],
  by_value_type: ["value-type", ["named_by_value"], []],
};

describe.each([
  ["DWARF 5", "records.bpf.o"],
  ["DWARF 4", "records.dwarf4.bpf.o"],
  ["DWARF 2", "records.dwarf2.bpf.o"],
  ["DWARF 5, big-endian", "records.eb.bpf.o"],
  ["DWARF 4, big-endian", "records.dwarf4.eb.bpf.o"],
])("every way to send a record: %s", (_, file) => {
  it("finds what the C source says", () => {
    expect(find(`test/objects/${file}`)).toEqual(expected);
  });
});

describe("two units", () => {
  it.each(["two-units.bpf.o", "two-units.dwarf4.bpf.o"])("keeps the structs of the same name apart: %s", (file) => {
    const { types, maps } = findRecords(open(`test/objects/${file}`));
    const found = maps.map(({ map, candidates }) => [map, candidates.map((id) => types.type(id))]);
    expect(found).toMatchObject([
      ["first_events", [{ kind: "struct", name: "event", size: 32, members: [{ name: "first" }, { name: "text" }] }]],
      ["second_events", [{ kind: "struct", name: "event", size: 72, members: [{ name: "second" }] }]],
    ]);
  });
});

describe("a stripped object", () => {
  it("knows what BTF tells: values of maps, global variables, what functions return", () => {
    const unknown = (size?: number): Found[string] => ["none", [], [size]];
    expect(find("test/objects/records.stripped.bpf.o")).toEqual({
      ...expected,
      by_copy: ["guess", ["counted"], [48]],
      by_reserve: unknown(20),
      by_output: unknown(16),
      by_perf: unknown(24),
      two_records: ["none", [], [64, 8]],
      by_argument: unknown(24),
      by_argument_too: unknown(40),
      // named_by_value has 12 bytes, too, but it is another buffer's record.
      by_inlined: unknown(12),
      by_scope: unknown(44),
      undecided: unknown(24),
      by_typedef: unknown(8),
      by_union: unknown(16),
      beside_context: unknown(56),
      beside_argument: unknown(56),
      beside_pointer: unknown(56),
    });
  });

  it("admits that it guesses", () => {
    expect(messages("test/objects/records.stripped.bpf.o")["by_copy"]).toBe(
      '"by_copy" probably carries struct counted (48 bytes): copy sends 48 bytes, and the program names no other struct of ' +
        "that size. If so, say it with `--record by_copy=counted`.",
    );
  });

  it("says how to help it", () => {
    expect(messages("test/objects/records.stripped.bpf.o")["by_perf"]).toBe(
      'The struct that "by_perf" carries is not known: perf sends 24 bytes, and the object has no debug info (DWARF). ' +
        "Compile with a plain `clang -g` and don't strip, or name it with `--record by_perf=STRUCT` or " +
        "__type(value, struct STRUCT) in the map.",
    );
  });
});

describe("decl tags", () => {
  it("finds structs in DWARF and in BTF, and takes several", () => {
    expect(find("test/objects/tagged.bpf.o")).toEqual({
      one: ["decl-tag", ["local"], [16]],
      two: ["decl-tag", ["local", "global"], []],
    });
  });

  it("refuses a name that nothing has", () => {
    const error = failure("test/objects/tagged.typo.bpf.o");
    expect(error.code).toBe("bad-object");
    expect(error.message).toBe(
      'test/objects/tagged.typo.bpf.o: the decl tag "core-gen:record=locla": the object has no struct or union "locla"',
    );
    expect(error.hints).toEqual(['Did you mean "local"?']);
  });

  it("says that the struct went away with the debug info", () => {
    const error = failure("test/objects/tagged.stripped.bpf.o");
    expect(error.message).toContain('no struct or union "local"');
    expect(error.hints).toEqual([
      "It has no debug info (DWARF), where structs are that only functions use: compile with `clang -g`, and don't strip.",
    ]);
  });
});

describe("flags", () => {
  const records = "test/objects/records.bpf.o";
  const flags = (...pairs: [string, string][]): FindRecordsOptions => ({ flags: new Map(pairs) });

  it.each([
    ["undecided", "maybe_this", ["flag", ["maybe_this"], [24]]],
    ["undecided", "struct maybe_this", ["flag", ["maybe_this"], [24]]],
    ["silent", "scratch", ["flag", ["scratch"], []]],
    ["silent", "union either", ["flag", ["either"], []]],
    ["silent", "nameless_t", ["flag", ["nameless_t"], []]],
    ["by_value_type", "exec_event", ["flag", ["exec_event"], []]],
  ])("--record %s=%s comes before everything else", (map, struct, found) => {
    expect(find(records, flags([map, struct]))).toEqual({ ...expected, [map]: found });
  });

  it("warns when the code sends another size", () => {
    expect(messages(records, flags(["by_reserve", "exit_event"]))["by_reserve"]).toBe(
      '"by_reserve" carries struct exit_event (8 bytes), as --record says. But reserve sends 20 bytes.',
    );
  });

  it.each([
    [["undecided", "maybe_thus"], 'the object has no struct or union "maybe_thus"', 'Did you mean "maybe_this"?'],
    [["undecidde", "maybe_this"], 'the object has no map "undecidde"', /^Its buffers: .*by_reserve.*, undecided.*\.$/u],
    [["heap", "scratch"], 'the map "heap" is neither a ring buffer nor a perf event array', /^Its buffers: /u],
  ] as const)("refuses --record %s", ([map, struct], problem, hint) => {
    const error = failure(records, flags([map, struct]));
    expect(error.code).toBe("bad-input");
    expect(error.message).toBe(`${records}: --record ${map}=${struct}: ${problem}`);
    expect(error.hints).toEqual([expect.stringMatching(hint)]);
  });
});

describe("--record with several structs", () => {
  const records = "test/objects/records.bpf.o";
  const both = new Map([["two_records", ["exec_event", "exit_event"]]]);

  it("says how they are told apart", () => {
    const found = findRecords(open(records), { flags: both }).maps.find(({ map }) => map === "two_records");
    expect(found).toMatchObject({ source: "flag", variants: { by: "size", lengths: [64, 8] } });
    expect(messages(records, { flags: both })["two_records"]).toBe(
      '"two_records" carries struct exec_event (64 bytes) or struct exit_event (8 bytes), told apart by their sizes, as --record says.',
    );
  });
});

describe("messages", () => {
  const { by_reserve, two_records, varying, unknown, silent, by_value_type } = messages("test/objects/records.bpf.o");

  it.each([
    [by_reserve, '"by_reserve" carries struct reserved (20 bytes), read off the code: reserve sends 20 bytes.'],
    [
      two_records,
      '"two_records" may carry struct exec_event (64 bytes) or struct exit_event (8 bytes), read off the code: exec sends 64 bytes, ' +
        "exit_ sends 8 bytes. If it is always the same one, settle it with `--record two_records=exec_event` or " +
        "`--record two_records=exit_event`. If it carries all of them, tell them apart with " +
        "`--record 'two_records=exec_event,exit_event'`.",
    ],
    [
      varying,
      '"varying" carries struct scratch (204 bytes), read off the code: how many bytes vary sends is decided at run time.',
    ],
    [
      unknown,
      'The struct that "unknown" carries is not known: how many bytes unknown_ sends is decided at run time. ' +
        "Name it with `--record unknown=STRUCT` or __type(value, struct STRUCT) in the map.",
    ],
    [
      silent,
      'The struct that "silent" carries is not known: no code was found that sends records to it. ' +
        "Name it with `--record silent=STRUCT` or __type(value, struct STRUCT) in the map.",
    ],
    [by_value_type, '"by_value_type" carries struct named_by_value (12 bytes), as its value type says.'],
  ])("%s", (message, text) => {
    expect(message).toBe(text);
  });
});
