import type { Feature } from "../kernel/features.ts";
import { errnoName } from "../sys/errno.ts";

/** How much a line of the log matters, as libbpf ranks it (`enum libbpf_print_level`). */
export type LogLevel = "debug" | "info" | "warn";

/** What happened while an object was loaded. `message` is the line that libbpf would write, where it has one. */
export type LogEvent = { readonly level: LogLevel; readonly message: string } & LogFacts;

/** What an event is about, by its `kind`. */
export type LogFacts =
  /** What CO-RE did to an instruction, or looked at for it. */
  | {
      readonly kind: "relocation";
      /** Undefined in lines about a section or a type. */
      readonly program: string | undefined;
      /** Its number in the program's section. */
      readonly relocation: number | undefined;
    }
  /** A feature of the kernel was found out by trying; once in a process. */
  | { readonly kind: "feature-probed"; readonly feature: Feature; readonly supported: boolean }
  /** The object's types were changed to what this kernel understands. */
  | { readonly kind: "btf-sanitized"; readonly missing: readonly Feature[] }
  | { readonly kind: "btf-loaded"; readonly size: number }
  /** The kernel has refused the object's types, or knows none at all: loaded without. */
  | { readonly kind: "btf-left-out"; readonly errno: number | undefined; readonly log: readonly string[] }
  /** A function was put behind the program that calls it. */
  | {
      readonly kind: "subprogram-added";
      readonly program: string;
      readonly subprogram: string;
      readonly instructions: number;
    }
  | { readonly kind: "map-created"; readonly map: string; readonly fd: number }
  | { readonly kind: "map-reused"; readonly map: string; readonly fd: number }
  | { readonly kind: "map-skipped"; readonly map: string }
  /** The kernel has refused the types of the map's keys and values: tried again without. */
  | { readonly kind: "map-untyped"; readonly map: string; readonly errno: number }
  | { readonly kind: "program-loaded"; readonly program: string; readonly fd: number; readonly instructions: number }
  | { readonly kind: "program-skipped"; readonly program: string }
  | { readonly kind: "program-refused"; readonly program: string; readonly errno: number }
  /** What the verifier said, of a program that was refused, or whose `logLevel` asks for it. */
  | { readonly kind: "verifier-log"; readonly program: string; readonly log: readonly string[] }
  | { readonly kind: "program-pinned"; readonly program: string; readonly path: string };

/** Takes the events. What it throws ends the loading, which then leaves nothing behind. */
export type OnLog = (event: LogEvent) => void;

/** Tells `onLog`, if there is one, what happened. */
export function logEvent(onLog: OnLog | undefined, facts: LogFacts, message?: string): void {
  if (onLog === undefined) return;
  const [level, ownWords] = describe(facts);
  onLog({ level, message: message ?? ownWords, ...facts });
}

/** The event for a line that relocating wrote; undefined without anyone to tell, so that no line is made. */
export function relocationLog(onLog: OnLog | undefined): ((line: string) => void) | undefined {
  if (onLog === undefined) return undefined;
  return (line) => {
    const [, program, number] = /^prog '([^']*)': relo #(\d+): /u.exec(line) ?? [];
    const relocation = number === undefined ? undefined : Number(number);
    logEvent(onLog, { kind: "relocation", program, relocation }, line);
  };
}

/** In libbpf's words where it has any: `libbpf.c`, without "libbpf: ". */
function describe(facts: LogFacts): [level: LogLevel, message: string] {
  switch (facts.kind) {
    case "relocation":
      return ["debug", ""];
    case "feature-probed":
      return ["debug", `kernel feature ${facts.feature}: ${facts.supported ? "supported" : "missing"}`];
    case "btf-sanitized":
      return ["debug", `sanitized .BTF for a kernel without ${facts.missing.join(", ")}`];
    case "btf-loaded":
      return ["debug", `loaded .BTF into kernel: ${facts.size} bytes`];
    case "btf-left-out":
      return facts.errno === undefined
        ? ["debug", "Kernel doesn't support BTF, skipping uploading it."]
        : ["info", `Error loading .BTF into kernel: -${errnoName(facts.errno)}. BTF is optional, ignoring.`];
    case "subprogram-added":
      return [
        "debug",
        `prog '${facts.program}': added ${facts.instructions} insns from sub-prog '${facts.subprogram}'`,
      ];
    case "map-created":
      return ["debug", `map '${facts.map}': created successfully, fd=${facts.fd}`];
    case "map-reused":
      return ["debug", `map '${facts.map}': skipping creation (preset fd=${facts.fd})`];
    case "map-skipped":
      return ["debug", `map '${facts.map}': skipped auto-creating...`];
    case "map-untyped":
      return ["warn", `Error in bpf_create_map_xattr(${facts.map}): -${errnoName(facts.errno)}. Retrying without BTF.`];
    case "program-loaded":
      return ["debug", `prog '${facts.program}': loaded ${facts.instructions} insns, fd=${facts.fd}`];
    case "program-skipped":
      return ["debug", `prog '${facts.program}': skipped loading`];
    case "program-refused":
      return ["warn", `prog '${facts.program}': BPF program load failed: -${errnoName(facts.errno)}`];
    case "verifier-log":
      return [
        "debug",
        `prog '${facts.program}': -- BEGIN PROG LOAD LOG --\n${facts.log.map((line) => `${line}\n`).join("")}-- END PROG LOAD LOG --`,
      ];
    case "program-pinned":
      return ["debug", `prog '${facts.program}': pinned at '${facts.path}'`];
  }
}
