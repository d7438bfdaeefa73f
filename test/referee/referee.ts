import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { describeWhere } from "../support/describe-where.ts";

/*
 * libbpf as the judge: what it would hand to the kernel for an object. README.md says how that works, how the referee is
 * built and where the corpus comes from.
 */

/** How the referee is asked. */
export interface RefereeOptions {
  /** BTF file (raw or ELF) that CO-RE relocates against, like libbpf's `btf_custom_path`. */
  readonly btf?: string;
  /** BTF file of the whole kernel: CO-RE, attach targets, kfuncs, typed ksyms. Default: the running kernel's. */
  readonly kernel?: string;
  /** Also ask for the func_info and line_info records. */
  readonly info?: boolean;
  /** Also load the programs of `SEC("?…")`. */
  readonly everyProgram?: boolean;
  /** Also give libbpf's debug lines on relocations. */
  readonly log?: boolean;
  /** Also load everything into the kernel: needs root. */
  readonly real?: boolean;
  /** Lines that go before the kernel's configuration, like libbpf's `kconfig`. */
  readonly kconfig?: string;
  /** A file in the place of /proc/kallsyms. */
  readonly kallsyms?: string;
  /** The modules that are loaded, each with the file of its types, on top of the kernel's. */
  readonly modules?: readonly (readonly [name: string, btf: string])[];
  /** BTF file of the program that `freplace` programs extend. */
  readonly extended?: string;
  /** What the kernel is too old for. */
  readonly without?: readonly ("arg_ctx" | "attach_type" | "probe_read")[];
  /** Also give the object's types as they are loaded. */
  readonly types?: boolean;
}

/** All that libbpf would do with one object. */
export interface RefereeResult {
  readonly programs: readonly RefereeProgram[];
  /** In libbpf's order, which is what map indexes count; empty when the load failed. */
  readonly maps: readonly RefereeMap[];
  /** libbpf's complaints, complete. */
  readonly warnings: readonly string[];
  /** libbpf's debug lines on relocations, if asked for, without "libbpf: ". */
  readonly log: readonly string[];
  /** The object's types as they are loaded, if asked for. */
  readonly types?: Uint8Array;
  /** What the kernel said to each program, "ok" or an error; only with {@link RefereeOptions.real}. */
  readonly verdicts: ReadonlyMap<string, string>;
  readonly end: RefereeEnd;
}

/** One BPF_PROG_LOAD: the instructions after CO-RE, linking and relocation, and the attributes beside them. */
export interface RefereeProgram {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly expectedAttachType: number;
  readonly attachBtfId: number;
  readonly flags: number;
  readonly kernelVersion: number;
  /** 8 bytes an instruction, as in memory; a map's descriptor is replaced by its index in {@link RefereeResult.maps}. */
  readonly code: Uint8Array;
  /** Which instruction loads which map: instruction index → map index. */
  readonly mapAt: ReadonlyMap<number, number>;
  /** How many records the kernel would get; 0 when the object's BTF is not loaded. */
  readonly funcInfoCount: number;
  readonly lineInfoCount: number;
  /** The records as 32-bit words, in order; only with {@link RefereeOptions.info}. */
  readonly funcInfo: readonly (readonly number[])[];
  readonly lineInfo: readonly (readonly number[])[];
}

/** One BPF_MAP_CREATE. */
export interface RefereeMap {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly extra: bigint;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  readonly hasInnerMap: boolean;
  /** As given to the kernel: global data is the object's name cut to 8 characters, then the section, 15 in all. */
  readonly kernelName: string;
  /** What is in .data, .rodata, .bss or .kconfig. */
  readonly data?: Uint8Array;
  /** What registers a map of struct_ops: its value with zeros for programs, and these by their offset. */
  readonly value?: Uint8Array;
  readonly slots?: ReadonlyMap<number, string>;
}

export type RefereeEnd =
  | { readonly status: "ok" }
  | { readonly status: "open-error" | "load-error"; readonly errno: number; readonly message: string };

/** Asks libbpf about the object at `path`; throws only when the referee itself breaks. */
export function referee(path: string, options: RefereeOptions = {}): RefereeResult {
  return parseReferee(run(path, options, []));
}

/** What libbpf makes of an object, or undefined when that crashes it, or takes it more than two seconds. */
export function refereeOrCrash(path: string, options: RefereeOptions = {}): RefereeResult | undefined {
  const { status, stdout } = spawnReferee(path, options, ["-q"], 2000);
  return status === 0 || status === 1 ? parseReferee(stdout) : undefined;
}

/**
 * What `core-gen relocate --insns` prints as well: programs, instructions and maps; with {@link RefereeOptions.info} also
 * records and data. Undefined when libbpf refuses.
 */
export function refereeLines(path: string, options: RefereeOptions = {}): string[] | undefined {
  const lines = run(path, options, []).split("\n");
  const wanted =
    options.info === true ? /^(?:prog |map |func |line |data |[0-9a-f]{16}\b)/u : /^(?:prog |map |[0-9a-f]{16}\b)/u;
  return lines.includes("end ok") ? lines.filter((line) => wanted.test(line)) : undefined;
}

/** Asks libbpf about every program of the object as if it were the only one, so that one refusal hides no other. */
export function refereeEachProgram(path: string, options: RefereeOptions = {}): Map<string, RefereeResult> {
  // A line "only NAME" begins what belongs to one program.
  const [, ...alone] = run(path, options, ["-1"]).split(/^only /m);
  return new Map(
    alone.map((output) => {
      const [name = ""] = output.split("\n", 1);
      return [name, parseReferee(output.slice(name.length + 1))];
    }),
  );
}

/** Every line that libbpf writes while it loads an object into the kernel, without "libbpf: ". Needs root. */
export function libbpfLog(path: string): string[] {
  const lines = run(path, { real: true }, ["-L"]).split("\n");
  // A line of the referee's own may be cut in two by one of these.
  return lines.flatMap((line) => (line.includes("libbpf: ") ? [line.slice(line.indexOf("libbpf: ") + 8)] : []));
}

function run(path: string, options: RefereeOptions, flags: readonly string[]): string {
  const { error, status, signal, stdout, stderr } = spawnReferee(path, options, flags);
  if (error) throw error;
  // A refused object is a result (status 1); a signal is not.
  if (status !== 0 && status !== 1) throw new Error(`core-referee ${path}: ${signal ?? stderr}`);
  return stdout;
}

function spawnReferee(
  path: string,
  options: RefereeOptions,
  flags: readonly string[],
  timeout?: number,
): SpawnSyncReturns<string> {
  const args = [
    ...flags,
    ...(options.btf === undefined ? [] : ["-b", options.btf]),
    ...(options.kernel === undefined ? [] : ["-k", options.kernel]),
    ...(options.info === true ? ["-i"] : []),
    ...(options.log === true ? ["-l"] : []),
    ...(options.real === true ? ["-r"] : []),
    ...(options.kconfig === undefined ? [] : ["-K", options.kconfig]),
    ...(options.everyProgram === true ? ["-a"] : []),
    ...(options.kallsyms === undefined ? [] : ["-R", `/proc/kallsyms=${options.kallsyms}`]),
    ...(options.modules ?? []).flatMap(([name, btf]) => ["-m", `${name}=${btf}`]),
    ...(options.extended === undefined ? [] : ["-e", options.extended]),
    ...(options.without === undefined ? [] : ["-o", options.without.join(",")]),
    ...(options.types === true ? ["-B"] : []),
    path,
  ];
  return spawnSync(refereePath, args, { encoding: "utf8", maxBuffer: 1 << 30, timeout });
}

/** What sid's bpftool prints. */
export function bpftool(...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(bpftoolPath, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (error) throw error;
  if (status !== 0) throw new Error(`bpftool ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** What sid's bpftool prints, or undefined where it ends with an error. */
export function bpftoolOrError(...args: readonly string[]): string | undefined {
  const { error, status, stdout } = spawnSync(bpftoolPath, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (error) throw error;
  return status === 0 ? stdout : undefined;
}

/** The libbpf that the referee is built with, to build other programs with. */
export function libbpf(): { readonly include: string; readonly archive: string } {
  const root = join(cacheHome, "core-gen-referee", "sid", "libbpf-dev", "usr");
  const [machine = ""] = readdirSync(join(root, "lib"));
  return { include: join(root, "include"), archive: join(root, "lib", machine, "libbpf.a") };
}

/** The real objects out of Debian packages, as paths; see `corpus`. */
export function corpusObjects(): string[] {
  const folder = join(corpusPath, "objects");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".o"))
    .sort()
    .map((name) => join(folder, name));
}

/** Those of {@link corpusObjects} that sid's `bpftool gen skeleton` accepts; asked once, then read from the cache. */
export function acceptedByBpftool(): string[] {
  const objects = corpusObjects();
  const cache = join(corpusPath, "accepted-by-bpftool.json");
  const version = spawnSync(bpftoolPath, ["version"], { encoding: "utf8" }).stdout;
  const question = JSON.stringify([version, objects]);
  const known = existsSync(cache) ? (JSON.parse(readFileSync(cache, "utf8")) as Accepted) : undefined;
  if (known?.question === question) return known.accepted;
  const accepted = objects.filter((path) => spawnSync(bpftoolPath, ["gen", "skeleton", path]).status === 0);
  writeFileSync(cache, JSON.stringify({ question, accepted } satisfies Accepted));
  return accepted;
}

interface Accepted {
  readonly question: string;
  readonly accepted: string[];
}

/** One of the kernel's own CO-RE tests. */
export interface SelftestCase {
  readonly category: string;
  readonly name: string;
  /** Path of the object whose program is relocated. */
  readonly object: string;
  /** Path of the object whose BTF is the target; undefined: the running kernel. */
  readonly target: string | undefined;
  readonly program: string;
  readonly expected: "ok" | "fail";
}

/** The cases of the kernel's prog_tests/core_reloc.c whose objects could be compiled. */
export function selftestCases(): SelftestCase[] {
  const folder = join(corpusPath, "selftests");
  const rows = readFileSync(join(folder, "cases.tsv"), "utf8").trimEnd().split("\n");
  return rows
    .map((row) => row.split("\t") as [string, string, string, string, string, "ok" | "fail"])
    .map(([category, name, object, target, program, expected]) => ({
      category,
      name,
      object: join(folder, `${object}.bpf.o`),
      target: target === "-" ? undefined : join(folder, `${target}.bpf.o`),
      program,
      expected,
    }))
    .filter(({ object }) => existsSync(object));
}

/** One of the kernel's own tests of libbpf's C dump. */
export interface BtfDumpCase {
  readonly name: string;
  /** Path of the object. */
  readonly object: string;
  /** The C that its types are, in the order of their ids. */
  readonly expected: string;
}

/** The kernel's btf_dump_test_case_*.c. */
export function btfDumpCases(): BtfDumpCase[] {
  const folder = join(corpusPath, "btf-dump");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".expected"))
    .sort()
    .map((file) => ({
      name: file.slice("btf_dump_test_case_".length, -".expected".length),
      object: join(folder, file.replace(/expected$/u, "bpf.o")),
      expected: readFileSync(join(folder, file), "utf8"),
    }));
}

/** What a group of differential tests compares with. */
export interface RefereeNeeds {
  /** Parts of the corpus. Default: none. */
  readonly corpus?: readonly ("objects" | "selftests" | "btf-dump")[];
  /** sid's bpftool. Default: false. */
  readonly bpftool?: boolean;
}

/**
 * `describe` for tests that compare with libbpf: skipped with a reason where the referee is not built, a failure there
 * with CORE_GEN_REQUIRE_REFEREE=1.
 */
export function describeWithReferee(name: string, needs: RefereeNeeds, body: () => void): void {
  const missing = whatIsMissing(needs);
  const obstacle = missing === undefined ? undefined : { reason: missing, requiredBy: "CORE_GEN_REQUIRE_REFEREE" };
  describeWhere(name, obstacle, body);
}

function whatIsMissing(needs: RefereeNeeds): string | undefined {
  if (!existsSync(refereePath)) return "libbpf's referee is not built: npm run referee:build";
  const part = needs.corpus?.find((name) => !existsSync(join(corpusPath, name, ".complete")));
  if (part !== undefined) return `the corpus of ${part} is not there: npm run referee:build`;
  const bpftool = needs.bpftool !== true || existsSync(bpftoolPath);
  return bpftool ? undefined : "sid's bpftool is not there: npm run referee:build";
}

const cacheHome = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const refereePath = join(cacheHome, "core-gen-referee", "core-referee-sid");
export const bpftoolPath: string = join(cacheHome, "core-gen-referee", "bpftool");
const corpusPath = join(cacheHome, "core-gen-corpus");

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface ProgramLines extends Omit<RefereeProgram, "code" | "mapAt" | "funcInfo" | "lineInfo"> {
  readonly code: string[];
  readonly mapAt: Map<number, number>;
  readonly funcInfo: number[][];
  readonly lineInfo: number[][];
}

/** Reads what core-referee prints; its format is in README.md. */
function parseReferee(output: string): RefereeResult {
  const programs: ProgramLines[] = [];
  const maps: Mutable<RefereeMap>[] = [];
  const warnings: string[] = [];
  const log: string[] = [];
  const verdicts = new Map<string, string>();
  let end: RefereeEnd | undefined;
  let types: Uint8Array | undefined;
  let inWarning = false;
  for (const line of output.trimEnd().split("\n")) {
    const [word = ""] = line.split(" ", 1);
    const rest = line.slice(word.length + 1);
    const program = programs.at(-1);
    const continued = inWarning;
    inWarning = false;
    if (word === "#") continue;
    else if (word === "prog") programs.push(parseProgram(rest));
    else if (/^[0-9a-f]{16}$/.test(word) && program) addInstruction(program, word, rest);
    else if (word === "func" && program) program.funcInfo.push(rest.split(" ").map(Number));
    else if (word === "line" && program) program.lineInfo.push(rest.split(" ").map(Number));
    else if (word === "map") maps.push(parseMap(rest));
    else if (word === "data") addData(maps, rest);
    else if (word === "value") addValue(maps, rest);
    else if (word === "slot") addSlot(maps, rest);
    // The last one: those before are libbpf's questions what the kernel understands.
    else if (word === "btf") types = fromHex(rest);
    else if (word === "verdict") verdicts.set(rest.split(" ", 1)[0]!, rest.slice(rest.indexOf(" ") + 1));
    else if (word === "end") end = parseEnd(rest);
    else if (word === "log") log.push(rest.replace(/^libbpf: /u, ""));
    else if (word === "warn") inWarning = warnings.push(rest) > 0;
    else if (continued) inWarning = warnings.push(`${warnings.pop() ?? ""}\n${line}`) > 0;
    else throw new Error(`core-referee printed a line that is not known here: ${line}`);
  }
  if (end === undefined) throw new Error(`core-referee did not finish: ${output.slice(-200)}`);
  const withCode = programs.map((lines) => ({ ...lines, code: fromHex(lines.code.join("")) }));
  return { programs: withCode, maps, warnings, log, verdicts, end, ...(types === undefined ? {} : { types }) };
}

const PROGRAM =
  /^(\S+) sec=(.*) type=(\d+) attach=(\d+) btf_id=(\d+) flags=(\w+) kver=(\w+) func=(\d+) line=(\d+) insns=\d+(?: module=(\S+))?$/;

function parseProgram(text: string): ProgramLines {
  const [name, section, ...rest] = match(PROGRAM, text);
  const [type, expectedAttachType, attachBtfId, flags, kernelVersion, funcInfoCount, lineInfoCount] = rest.map(Number);
  return {
    name: name!,
    section: section!,
    type: type!,
    expectedAttachType: expectedAttachType!,
    attachBtfId: attachBtfId!,
    flags: flags!,
    kernelVersion: kernelVersion!,
    funcInfoCount: funcInfoCount!,
    lineInfoCount: lineInfoCount!,
    code: [],
    mapAt: new Map(),
    funcInfo: [],
    lineInfo: [],
  };
}

function addInstruction(program: ProgramLines, hex: string, note: string): void {
  const map = /^map (\d+) /.exec(note)?.[1];
  if (map !== undefined) program.mapAt.set(program.code.length, Number(map));
  program.code.push(hex);
}

const MAP = new RegExp(
  /^\d+ (\S+) type=(\d+) key=(\d+) value=(\d+) max=(\d+) flags=(\w+) extra=(\w+)/.source +
    /(?: btf_key=(\d+) btf_value=(\d+) vmlinux_value=\d+ inner=([01]) name=(.*))?$/.source,
);

function parseMap(text: string): Mutable<RefereeMap> {
  const [name, type, key, value, max, flags, extra, btfKey, btfValue, inner, kernelName] = match(MAP, text);
  return {
    name: name!,
    type: Number(type),
    keySize: Number(key),
    valueSize: Number(value),
    maxEntries: Number(max),
    flags: Number(flags),
    extra: BigInt(extra!),
    // A map that is not created has nothing more.
    btfKeyTypeId: Number(btfKey ?? 0),
    btfValueTypeId: Number(btfValue ?? 0),
    hasInnerMap: inner === "1",
    kernelName: kernelName ?? "",
  };
}

function addData(maps: Mutable<RefereeMap>[], text: string): void {
  const [index, hex] = match(/^(\d+) ([0-9a-f]*)$/, text);
  maps[Number(index)]!.data = fromHex(hex!);
}

function addValue(maps: Mutable<RefereeMap>[], text: string): void {
  const [index, hex] = match(/^(\d+) ([0-9a-f]*)$/, text);
  maps[Number(index)]!.value = fromHex(hex!);
}

function addSlot(maps: Mutable<RefereeMap>[], text: string): void {
  const [index, offset, program] = match(/^(\d+) (\d+) (\S+)$/, text);
  const map = maps[Number(index)]!;
  map.slots = new Map([...(map.slots ?? []), [Number(offset), program!]]);
}

function parseEnd(text: string): RefereeEnd {
  if (text === "ok") return { status: "ok" };
  const [status, errno, message] = match(/^(open-error|load-error) (\d+) (.*)$/, text);
  return { status: status as "open-error" | "load-error", errno: Number(errno), message: message! };
}

function match(pattern: RegExp, text: string): string[] {
  const found = pattern.exec(text);
  if (!found) throw new Error(`core-referee printed what is not known here: ${text}`);
  return found.slice(1);
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
