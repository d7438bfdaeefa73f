import { attachTypes, programTypes, type AttachTypeName, type ProgramTypeName } from "../object/bpf-enums.ts";
import { findSectionDef, matchSection, type SectionDef } from "../object/sections.ts";
import { CoreGenError } from "../errors.ts";
import type { Link } from "./links/link.ts";
import type { Program } from "./programs/program.ts";
import type { OpenedProgram } from "./shape.ts";
import { show } from "./value-checks.ts";

/** What an app makes of sections of its own (libbpf: `libbpf_register_prog_handler`). */
export interface SectionHandler {
  /**
   * "mine" for SEC("mine") alone, "mine/" for SEC("mine/…"), "mine+" for both. They come before libbpf's own sections,
   * those that were registered first before others. Left out: every section that nobody else knows; there can be one
   * such handler.
   */
  readonly section?: string | undefined;
  /** What the programs are loaded as. */
  readonly type: ProgramTypeName;
  readonly attachType?: AttachTypeName | undefined;
  /** Loaded with BPF_F_SLEEPABLE. */
  readonly sleepable?: boolean | undefined;
  /** Loaded for one function, which is behind the slash or set as `attachTarget`: tracing, lsm and ext programs. */
  readonly needsAttachTarget?: boolean | undefined;
  /** Called for each such program when its skeleton is opened, before the settings of the app. */
  readonly setup?: ((program: OpenedProgram) => void) | undefined;
  /** Called before each such program is loaded: what it returns counts instead of what this handler says. */
  readonly prepare?: ((program: SectionProgram) => LoadChanges | undefined) | undefined;
  /**
   * Attaches a program; `attach()` of the skeleton leaves it alone when nothing is returned. The skeleton closes the
   * link. Without this, only the app can attach such programs, in its own way.
   */
  readonly attach?: ((program: Program, how: AttachWays) => Link | undefined) | undefined;
}

/** A program in a section that a handler is for. */
export interface SectionProgram {
  readonly name: string;
  /** The ELF section as written. */
  readonly section: string;
  /** What is behind the handler's section and its slash. */
  readonly extra: string;
}

/** What {@link SectionHandler.prepare} can change. */
export interface LoadChanges {
  readonly attachType?: AttachTypeName | undefined;
  /** Bits of `prog_flags` (BPF_F_SLEEPABLE is 0x10), all of them. */
  readonly flags?: number | undefined;
  /** The BTF id of what the program is for, in the kernel's types. */
  readonly attachBtfId?: number | undefined;
}

/** How {@link SectionHandler.attach} can attach. */
export interface AttachWays extends Pick<SectionProgram, "extra"> {
  /** Attaches the program as if this were its section: "kprobe/do_unlinkat". */
  readonly attachAs: (section: string) => Link;
}

/** A handler that is registered. */
export interface SectionRegistration {
  /** Takes the handler back (libbpf: `libbpf_unregister_prog_handler`); skeletons that are open keep it. */
  close(): void;
  [Symbol.dispose](): void;
}

const registered: SectionHandler[] = [];
/** The definitions that were made of handlers: what is known of a program is its definition. */
const handlers = new WeakMap<SectionDef, SectionHandler>();

/**
 * Lets skeletons that are opened from now on have programs in sections that libbpf does not know, or knows as something
 * else.
 *
 * Throws a `CoreGenError` with code `bad-input` for a name that no section can have, and for a second handler of all
 * other sections; a TypeError for a type that does not exist.
 *
 * @example
 * using custom = registerSectionHandler({
 *   section: "on/",
 *   type: "raw_tracepoint",
 *   attach: (program, { extra, attachAs }) => attachAs(`raw_tp/${extra}`),
 * });
 */
export function registerSectionHandler(handler: SectionHandler): SectionRegistration {
  check(handler);
  // One that is registered twice has two places.
  const own = { ...handler };
  registered.push(own);
  const close = (): void => {
    const at = registered.indexOf(own);
    if (at >= 0) registered.splice(at, 1);
  };
  return { close, [Symbol.dispose]: close };
}

/** What a section means, to handlers or to libbpf's table (libbpf: `find_sec_def`). */
export function findHandledSection(section: string): SectionDef | undefined {
  for (const handler of registered) {
    const extra = handler.section === undefined ? undefined : matchSection(handler.section, section);
    if (extra !== undefined) return describe(handler, extra);
  }
  const fallback = registered.find((handler) => handler.section === undefined);
  return findSectionDef(section) ?? (fallback && describe(fallback, ""));
}

/** The handler that a program's section has its meaning from; undefined for libbpf's own. */
export function handlerOf(def: SectionDef | undefined): SectionHandler | undefined {
  return def && handlers.get(def);
}

function describe(handler: SectionHandler, extra: string): SectionDef {
  const { section = "", type, attachType, sleepable = false, needsAttachTarget = false, attach } = handler;
  const def: SectionDef = {
    prefix: section.replace(/[+/]$/u, ""),
    typeName: type,
    type: programTypes.indexOf(type),
    attachTypeName: attachType,
    attachType: attachType === undefined ? 0 : attachTypes.indexOf(attachType),
    ...{ sleepable, frags: false, needsAttachTarget, attachTypeOptional: false },
    autoAttach: attach !== undefined,
    extra,
  };
  handlers.set(def, handler);
  return def;
}

function check({ section, type, attachType }: SectionHandler): void {
  const doing = "registering a handler for sections";
  if (!programTypes.includes(type)) throw new TypeError(`${doing}: there is no type of program ${show(type)}`);
  if (attachType !== undefined && !attachTypes.includes(attachType))
    throw new TypeError(`${doing}: there is no attach type ${show(attachType)}`);
  if (section === undefined) {
    if (registered.every((handler) => handler.section !== undefined)) return;
    throw new CoreGenError("bad-input", `${doing}: there is one for all other sections already`, {
      hints: ["Close its registration first, or name a section."],
    });
  }
  if (typeof section !== "string" || !/^[^?+\0][^+\0]*\+?$/u.test(section) || section === "/") {
    throw new CoreGenError("bad-input", `${doing}: no section can be called ${show(section)}`, {
      hints: [
        '"mine" is SEC("mine"), "mine/" is SEC("mine/…"), "mine+" is both; what begins with "?" is found without.',
      ],
    });
  }
}
