import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { generateSkeleton } from "../../src/generator/index.ts";
import { variantsRecords } from "../generator/support/variants-records.ts";
import { compile, type Problem } from "./compile.ts";

/*
 * Generated modules under the strictest compiler options a user may have, and what their types allow and refuse.
 */

const root = join(import.meta.dirname, "../..");
/** Snippets see a skeleton `maps`, opened and loaded; each is refused with this error of TypeScript, or compiles. */
const snippets: [what: string, code: string, error?: number][] = [
  ["a variable of rodata is set before loading", "opened.rodata.threshold = 5;"],
  ["a variable of rodata is not set after loading", "loaded.rodata.threshold = 5;", 2540],
  ["a section of rodata with a name of its own neither", "loaded.rodata_limits.limits = [];", 2540],
  ["a variable of bss is set at any time", "loaded.bss.hits = 5n; opened.bss.hits = 1n;"],
  ["a u64 takes no number", "loaded.bss.hits = 5;", 2322],
  ["a u32 takes no bigint", "opened.rodata.threshold = 5n;", 2322],
  ["a u64 is read as a bigint", "export const hits: bigint = loaded.bss.hits;"],
  ["a section that is not there", "loaded.bss2;", 2551],
  ["a variable that is static", "loaded.bss.hidden_hits;", 2339],
  ["a map that is not there", "loaded.maps.flow;", 2551],
  ["a program that is not there", "loaded.progs.counts;", 2551],
  ["a map grows before loading", "opened.maps.flows.maxEntries = 5;"],
  ["a map does not grow after loading", "loaded.maps.flows.maxEntries = 5;", 2540],
  ["an opened map has no entries", "opened.maps.flows.get(flow);", 2339],
  ["settings at loading", "maps.load({ rodata: { threshold: 1 }, maps: { flows: { maxEntries: 2 } }, progs: { optional: { autoload: true } } });"],
  ["settings of something that is not there", "maps.load({ rodata: { treshold: 1 } });", 2561],
  ["a struct as key", "export const n: bigint | undefined = loaded.maps.flows.get(flow);"],
  ["a struct with a member too few as key", "loaded.maps.flows.get({ saddr: 1, daddr: 2, ports: [] });", 2345],
  ["text as key", "loaded.maps.names.get('sh')?.seen.toString();"],
  ["values of an enum by name", "loaded.data_custom.by_default = Verdict.DROP;"],
  ["values of an enum that have no name", "loaded.data_custom.by_default = 1234;"],
  ["an enum is not text", "loaded.data_custom.by_default = 'DROP';", 2322],
  ["entries of a hash map", "for (const [key, value] of loaded.maps.flows) console.log(key.ports[0]?.toFixed(), value + 1n);"],
  ["records of a ring buffer", "export async function f(): Promise<void> { for await (const flow of loaded.maps.ring.records()) console.log(flow.saddr.toFixed()); }"],
  ["a member that records don't have", "export async function f(): Promise<void> { for await (const flow of loaded.maps.ring.records()) console.log(flow.addr); }", 2551],
  ["records are narrowed by their tag", "export function f(event: EventsRecord): string { return event.kind === 1 ? event.comm : event.kind === 2 ? event.status.toFixed() : event.kind === -3 ? event.text : event.bytes.toString(); }"],
  ["records are narrowed in a switch, to the end", "export function f(event: FilesRecord): number { switch (event.type) { case 'opened': return event.mode; case 'closed': return event.fd; case undefined: return event.bytes.length; } }"],
  ["records have no other struct's members", "export function f(event: EventsRecord): void { if (event.kind === 1) event.status; }", 2339],
  ["records are not narrowed by a value that none has", "export function f(event: EventsRecord): boolean { return event.kind === 5; }", 2367],
  ["records are the structs that they are", "export function f(event: EventsRecord): ExecEvent | undefined { return event.kind === 1 ? event : undefined; }"],
  ["records of several types in a loop", "export async function f(): Promise<void> { for await (const event of several.maps.flags.records()) if (event.kind === false) event.more.fill(0); }"],
  ["call stacks are addresses", "export const first: bigint | undefined = loaded.maps.stacks.get(1)?.[0];"],
  ["call stacks are not stored", "loaded.maps.stacks.set(1, []);", 2339],
  ["members of a struct_ops map before loading", "tcp.structOps.by_map.flags = 1; tcp.structOps.by_map.name = 'x'; tcp.structOps.for_update.nor_this = true;"],
  ["a program as a function of a struct_ops map", "tcp.structOps.by_map.init = tcp.progs.count_init; tcp.structOps.by_map.init = null;"],
  ["a program by its name only in settings", "tcp.structOps.by_map.init = 'count_init';", 2322],
  ["settings of struct_ops maps", "congestion.load({ structOps: { by_map: { flags: 1, name: 'x', init: null, ssthresh: 'halve' } }, maps: { by_link: { autocreate: false } } });"],
  ["settings with a program that is not there", "congestion.load({ structOps: { by_map: { init: 'nope' } } });", 2322],
  ["settings with a member that can't be set", "congestion.load({ structOps: { by_map: { owner: 1n } } });", 2353],
  ["a bigint for a u32 of a struct_ops map", "tcp.structOps.by_map.flags = 1n;", 2322],
  ["a member of a struct_ops map that can't be set", "tcp.structOps.by_map.owner;", 2339],
  ["members of a struct_ops map after loading", "registered.structOps;", 2339],
  ["struct_ops maps of an object without any", "opened.structOps.by_map;", 2339],
  ["links of struct_ops maps", "registered.links.by_link?.update(registered.maps.for_update); registered.maps.by_map.attach().close();"],
  ["a link of a program has no other map", "registered.links.halve?.update(registered.maps.for_update);", 2345],
  ["a link can't be updated to a map of another kind", "registered.links.by_link?.update(loaded.maps.flows);", 2345],
]; // prettier-ignore

const preamble = `import { congestion } from "./congestion.skel.ts";
import { maps, Verdict, type Flow } from "./maps.skel.ts";
import { type variants, type EventsRecord, type ExecEvent, type FilesRecord } from "./variants.skel.ts";
declare const opened: ReturnType<typeof maps.open>;
declare const loaded: ReturnType<typeof maps.load>;
declare const flow: Flow;
declare const several: ReturnType<typeof variants.load>;
export type UnusedHere = EventsRecord | ExecEvent | FilesRecord;
declare const tcp: ReturnType<typeof congestion.open>;
declare const registered: ReturnType<typeof congestion.load>;
void [opened, loaded, flow, several, Verdict, maps, tcp, registered, congestion];
`;

const files = new Map<string, string>();
let problems: ReadonlyMap<string, readonly Problem[]>;

beforeAll(async () => {
  for (const name of ["maps", "types", "records", "names", "congestion", "variants"])
    await addSkeleton(name, `test/golden/${name}.bpf.o`);
  for (const name of ["opencount", "execsnoop"]) await addSkeleton(name, `examples/${name}/${name}.bpf.o`);
  await addSkeleton("layouts", "test/generator/layouts/layouts-el.bpf.o");
  snippets.forEach(([, code], i) => files.set(`snippet-${i}.ts`, `${preamble}${code}\nexport {};\n`));
  problems = compile(files);
}, 120_000);

async function addSkeleton(name: string, object: string): Promise<void> {
  const { text } = await generateSkeleton(readFileSync(join(root, object)), {
    fileName: object,
    records: name === "variants" ? variantsRecords : new Map<string, string>(),
  });
  files.set(`${name}.skel.ts`, text);
}

describe("generated modules", () => {
  it.each(["maps", "types", "records", "names", "congestion", "variants", "opencount", "execsnoop", "layouts"])(
    "%s compiles",
    (name) => {
      expect(problems.get(`${name}.skel.ts`)).toEqual([]);
    },
  );
});

describe("the types of a skeleton", () => {
  it.each(snippets.map(([what, , error], i): [string, number, number | undefined] => [what, i, error]))(
    "%s",
    (_what, i, error) => {
      const found = problems.get(`snippet-${i}.ts`) ?? [];
      const codes = found.map(({ code }) => code);
      expect(codes, found.map(({ message }) => message).join("\n")).toEqual(error === undefined ? [] : [error]);
    },
  );
});
