import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { generateSkeleton } from "../../src/generator/index.ts";
import { stripDebugInfo } from "../../src/generator/strip-object.ts";
import { openObject } from "../../src/object/open.ts";
import type { SkeletonSpec } from "../../src/runtime/spec.ts";
import { evaluateModule, specOf } from "../generator/support/evaluate.ts";
import { compile } from "../types/compile.ts";
import { acceptedByBpftool, bpftool, describeWithReferee, referee } from "./referee.ts";

/*
 * Every object that `bpftool gen skeleton` accepts gets a module, too: one that compiles under the strictest options,
 * and has the maps, programs and variables that bpftool's has.
 */

describeWithReferee("the skeletons of the corpus", { corpus: ["objects"], bpftool: true }, () => {
  const objects = acceptedByBpftool();
  const modules = new Map<string, string>();
  let folder: string;

  beforeAll(async () => {
    for (const path of objects) {
      const { text } = await generateSkeleton(readFileSync(path), { fileName: path });
      modules.set(path, text);
    }
    folder = mkdtempSync(join(tmpdir(), "core-gen-corpus-"));
    return () => {
      rmSync(folder, { recursive: true });
    };
  });

  it("are as many as bpftool's", () => {
    expect(objects.length).toBeGreaterThan(100);
    expect(modules.size).toBe(objects.length);
  });

  it("compile under strict options", () => {
    const sources = new Map([...modules].map(([path, text], i) => [`${i}-${basename(path)}.skel.ts`, text]));
    const problems = [...compile(sources)].filter(([, found]) => found.length > 0);
    expect(problems).toEqual([]);
  });

  it.each(objects)("%s has bpftool's maps, programs and variables", (path) => {
    const theirs = parseSkeleton(bpftool("gen", "skeleton", path, "name", "x"), sectionMaps(path));
    const ours = specOf(evaluateModule(modules.get(path)!));
    expect(namesIn(ours)).toEqual(theirs);
  });

  it.each(objects)("%s is the same to libbpf without its debug info", (path) => {
    const copy = join(folder, basename(path));
    writeFileSync(copy, stripDebugInfo(openObject(readFileSync(path)).elf));
    const { warnings, ...rest } = referee(copy);
    // libbpf's last warning names the file.
    expect({ ...rest, warnings: warnings.map((warning) => warning.replace(copy, path)) }).toEqual(referee(path));
  });
});

interface Names {
  readonly maps: readonly string[];
  readonly progs: readonly string[];
  /** "rodata.filter_cg". */
  readonly variables: readonly string[];
}

function namesIn(spec: SkeletonSpec): Names {
  const variables = Object.entries(spec.globals).flatMap(([ident, { fields }]) =>
    Object.keys(fields).map((name) => `${ident}.${name}`),
  );
  return { maps: Object.keys(spec.maps), progs: spec.progs, variables };
}

/** How many maps of an object hold sections. */
function sectionMaps(path: string): number {
  return openObject(readFileSync(path)).maps.filter(({ data }) => data !== undefined).length;
}

/** The names in the struct of bpftool's skeleton. */
function parseSkeleton(header: string, sectionMaps: number): Names {
  const struct = /^struct x \{\n(.*?)^\n?#ifdef __cplusplus/msu.exec(header)?.[1] ?? "";
  const members = (kind: string): string[] =>
    [...struct.matchAll(new RegExp(`^\\t\\tstruct ${kind} \\*(\\w+);$`, "gmu"))].map(([, name]) => name!);
  const sections = [...struct.matchAll(/^\tstruct x__(\w+) \{\n(.*?)^\t\} \*\w+;$/gmsu)];
  const maps = members("bpf_map");
  return {
    // The maps of sections come last.
    maps: maps.slice(0, maps.length - sectionMaps),
    progs: members("bpf_program"),
    variables: sections.flatMap(([, ident, body]) => variablesIn(body!).map((name) => `${ident!}.${name}`)),
  };
}

/** Names of the members at the outer level; the last word of a line that is indented by two tabs and ends a declaration. */
function variablesIn(body: string): string[] {
  return [...body.matchAll(/^\t\t(?!\t).*?(\w+)(?:\[\w*\])*;$/gmu)]
    .map(([, name]) => name!)
    .filter((name) => !name.startsWith("__pad"));
}
