import { describe, expect, it } from "vitest";
import {
  camelCase,
  code,
  commentText,
  literalKey,
  NameScope,
  pascalCase,
  propertyOf,
  quote,
  typeKey,
} from "../../src/generator/names.ts";

describe("names of types and constants", () => {
  it.each([
    ["event", "Event", "event"],
    ["trace_event_raw_sys_enter", "TraceEventRawSysEnter", "traceEventRawSysEnter"],
    ["exec-snoop.v2", "ExecSnoopV2", "execSnoopV2"],
    ["EVENT_KIND", "EventKind", "eventKind"],
    ["IPv4Header", "IPv4Header", "iPv4Header"],
    ["task_struct___old", "TaskStructOld", "taskStructOld"],
    ["8021q", "_8021q", "_8021q"],
    ["core::option::Option<u32>", "CoreOptionOptionU32", "coreOptionOptionU32"],
    ["", "Unnamed", "unnamed"],
    ["__", "Unnamed", "unnamed"],
    ["größe", "GrE", "grE"],
    ["*/ process.exit() /*", "ProcessExit", "processExit"],
  ])("%j", (name, pascal, camel) => {
    expect([pascalCase(name), camelCase(name)]).toEqual([pascal, camel]);
  });

  it("never are what TypeScript or the module needs, and never the same twice", () => {
    const scope = new NameScope();
    expect(
      ["class", "Codec", "Event", "Event", "Event", "u32", "Uint8Array", "u32"].map((name) => scope.declare(name)),
    ).toEqual(["class_", "Codec_", "Event", "Event_2", "Event_3", "u32_", "Uint8Array_", "u32__2"]);
  });
});

describe("members", () => {
  it.each([
    ["pid", "pid", "pid", "v.pid"],
    ["class", "class", "class", "v.class"],
    ["__proto__", "__proto__", '["__proto__"]', "v.__proto__"],
    ["$x", "$x", "$x", "v.$x"],
    ["a-b", '"a-b"', '"a-b"', 'v["a-b"]'],
    ["0", '"0"', '"0"', 'v["0"]'],
    ["größe", '"größe"', '"größe"', 'v["größe"]'],
    ['"]; evil(); //', '"\\"]; evil(); //"', '"\\"]; evil(); //"', 'v["\\"]; evil(); //"]'],
    ["line\nbreak", '"line\\nbreak"', '"line\\nbreak"', 'v["line\\nbreak"]'],
  ])("%j", (name, inType, inLiteral, access) => {
    expect([typeKey(name), literalKey(name), propertyOf("v", name)]).toEqual([inType, inLiteral, access]);
  });
});

describe("text from the object", () => {
  it("stays inside a string literal", () => {
    expect(quote('a"b\\c\u2028d\u0085`${e}')).toBe('"a\\"b\\\\c\\u2028d\\u0085`${e}"');
  });

  it("stays inside a comment, on its line", () => {
    expect(commentText("a */ b\n// c\u2028d\u202ee")).toBe("a *\\/ b // c d e");
  });

  it("stays inside its Markdown code", () => {
    expect(code("a`b")).toBe("`a'b`");
  });
});
