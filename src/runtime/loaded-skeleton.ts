import { CoreGenError } from "../errors.ts";
import { mapKind } from "./check-spec.ts";
import { attachByItself, attachesByItself, notAttached } from "./attach-by-section.ts";
import { CloseStack } from "./close-stack.ts";
import { globalsObject } from "./globals.ts";
import { missingStore, openStore } from "./globals-store.ts";
import type { AnyLink, Link } from "./links/link.ts";
import { attachStructOps, type StructOpsLink } from "./links/struct-ops.ts";
import type { OnLog } from "./load/log-events.ts";
import type { LoadedMap, LoadedObject, LoadedProgram } from "./load/types.ts";
import type { BpfMap, MapHandle } from "./maps/bpf-map.ts";
import { makeMap } from "./maps/make-map.ts";
import type { OpenedMap, OpenedProgram } from "./shape.ts";
import { printAsValues } from "./print-as-values.ts";
import { makeProgram } from "./programs/make-program.ts";
import type { Program } from "./programs/program.ts";
import { recordOf } from "./record-of.ts";
import type { GlobalsSpec, MapSpec, SkeletonSpec } from "./spec.ts";
import { Fd } from "./sys/fd.ts";

/** What {@link LoadedSkeleton} is made of. */
export interface LoadedSkeletonParts {
  readonly spec: SkeletonSpec;
  /** What it was loaded from. */
  readonly opened: OpenedParts;
  readonly loaded: LoadedObject;
  readonly onLog?: OnLog | undefined;
}

interface OpenedParts {
  readonly maps: Readonly<Record<string, OpenedMap>>;
  readonly sections: Readonly<Record<string, OpenedMap>>;
  readonly progs: Readonly<Record<string, OpenedProgram>>;
  /** The variables of a section whose size was set. */
  fieldsOf(section: string): GlobalsSpec["fields"] | undefined;
}

/** An object in the kernel; its sections of global data are properties of their own. */
export class LoadedSkeleton {
  readonly name: string;
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly sections: Readonly<Record<string, BpfMap>>;
  readonly progs: Readonly<Record<string, Program>>;
  readonly links: Readonly<Record<string, AnyLink | undefined>>;
  readonly warnings: readonly string[];
  readonly #programs: LoadedObject["programs"];
  readonly #maps: LoadedObject["maps"];
  readonly #onLog: OnLog | undefined;
  /** The newest link of each program and struct_ops map: a linker has let no two have one name. */
  readonly #newest = new Map<string, AnyLink>();
  readonly #links = new CloseStack();
  readonly #readers = new CloseStack();
  /** Everything there is to close, in the order it was made. */
  readonly #all = new CloseStack();
  #closed = false;

  /** Takes over `loaded`, also when it throws: then all of it is closed. */
  constructor({ spec, opened, loaded, onLog }: LoadedSkeletonParts) {
    this.name = spec.name;
    this.warnings = loaded.warnings;
    this.#programs = loaded.programs;
    this.#maps = loaded.maps;
    this.#onLog = onLog;
    this.#all.add(loaded);
    try {
      this.maps = this.#makeMaps(Object.entries(spec.maps), opened.maps);
      const sections = Object.keys(spec.globals).map((ident): [string, MapSpec] => [ident, { type: "other" }]);
      this.sections = this.#makeMaps(sections, opened.sections);
      this.progs = recordOf(spec.progs.map((name) => [name, this.#makeProgram(name, opened.progs[name])]));
      this.links = this.#linksByName([...spec.progs, ...Object.keys(spec.structOps ?? {})]);
      this.#defineGlobals(spec, opened);
    } catch (error) {
      loaded.undo();
      this.#all.close();
      throw error;
    }
    this.#all.add(this.#links);
    this.#all.add(this.#readers);
  }

  get closed(): boolean {
    return this.#closed;
  }

  attach(): void {
    this.#checkOpen();
    const fresh = new CloseStack();
    try {
      for (const [name, { program }] of this.#programs)
        // A program that was attached by hand stays as it is, and one that needs more than its section is left to the app.
        if (attachesByItself(program.def) && this.#attached(name) === undefined) {
          const link = this.#attachIfSaid(name);
          if (link !== undefined) fresh.add(link);
        }
      for (const [name, { structOps }] of this.#maps)
        if (structOps !== undefined && this.#attached(name) === undefined) fresh.add(this.#attachMap(name));
    } catch (error) {
      fresh.close();
      throw error;
    }
  }

  detach(): void {
    this.#newest.clear();
    this.#links.close();
  }

  close(): void {
    this.#closed = true;
    this.#newest.clear();
    this.#all.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #makeMaps(
    specs: readonly (readonly [name: string, spec: MapSpec])[],
    opened: Readonly<Record<string, OpenedMap>>,
  ): Readonly<Record<string, BpfMap>> {
    return recordOf(specs.map(([key, spec]) => [key, this.#makeMap(spec, opened[key]?.name ?? key, opened[key])]));
  }

  #makeMap(spec: MapSpec, name: string, opened: OpenedMap | undefined): BpfMap {
    return makeMap({ ...this.#handle(name, opened), readers: this.#readers, onLog: this.#onLog }, spec, {
      attach: () => this.#attachMap(name),
      loaded: () => this.#openMap(name),
    });
  }

  /** A map that was not made has the facts that it would have had. */
  #handle(name: string, opened: OpenedMap | undefined): Omit<MapHandle, "readers"> {
    const map = this.#maps.get(name);
    if (map !== undefined) {
      const { def, fd, maxEntries, pinPath, mmapable } = map;
      const { keySize, valueSize, flags } = def;
      return { name, kind: mapKind(def.type), fd, keySize, valueSize, maxEntries, flags, pinPath, mmapable };
    }
    const { kind = "unspec", keySize = 0, valueSize = 0, maxEntries = 0 } = opened ?? {};
    return { name, kind, keySize, valueSize, maxEntries, fd: this.#missingFd(name) };
  }

  /** In the place of a map that was not made: whoever would use it gets an error that says so. */
  #missingFd(name: string): Fd {
    return Fd.missing(`map "${name}"`, () => this.#notMade(name));
  }

  #notMade(name: string): CoreGenError {
    return new CoreGenError("bad-input", `map "${name}" of ${this.name} was not made: its autocreate is off`, {
      hints: [`Set its autocreate to true between open() and load().`],
    });
  }

  #makeProgram(name: string, opened: OpenedProgram | undefined): Program {
    const log = this.#programs.get(name)?.log ?? [];
    const facts = { name, section: opened?.section ?? "", loaded: this.#programs.has(name), log };
    return makeProgram(facts, {
      fd: () => this.#program(name).fd,
      attach: () => this.#attach(name),
      attachWith: (attach) => this.#keepLink(name, attach(this.#program(name))),
      onLog: this.#onLog,
    });
  }

  #program(name: string): LoadedProgram {
    this.#checkOpen();
    const program = this.#programs.get(name);
    if (program !== undefined) return program;
    throw new CoreGenError("bad-input", `program "${name}" of ${this.name} was not loaded: its autoload is off`, {
      hints: [`Set progs.${name}.autoload to true between open() and load().`],
    });
  }

  #attach(name: string): Link {
    const link = this.#attachIfSaid(name);
    if (link !== undefined) return link;
    throw notAttached(this.#publicProgram(name));
  }

  /** Undefined when the handler of its section leaves the program alone. */
  #attachIfSaid(name: string): Link | undefined {
    const link = attachByItself(this.#program(name), this.#publicProgram(name));
    return link && this.#keepLink(name, link);
  }

  /** Those that are loaded are in the spec, all of them: `checkSpec`. */
  #publicProgram(name: string): Program {
    return this.progs[name] ?? this.#makeProgram(name, undefined);
  }

  #attachMap(name: string): StructOpsLink {
    return this.#keepLink(name, attachStructOps(this.#openMap(name)));
  }

  /** The map in the kernel. */
  #openMap(name: string): LoadedMap {
    this.#checkOpen();
    const map = this.#maps.get(name);
    if (map === undefined) throw this.#notMade(name);
    return map;
  }

  #keepLink<L extends AnyLink>(name: string, link: L): L {
    const before = this.#newest.get(name);
    // A handler for sections may attach in the same ways as the app, and hand on what it got.
    if (before === link) return link;
    if (before?.closed === true) this.#links.remove(before);
    this.#links.add(link);
    this.#newest.set(name, link);
    return link;
  }

  #attached(name: string): AnyLink | undefined {
    const link = this.#newest.get(name);
    return link === undefined || link.closed ? undefined : link;
  }

  #linksByName(names: readonly string[]): Readonly<Record<string, AnyLink | undefined>> {
    const links = {};
    for (const name of new Set(names))
      Object.defineProperty(links, name, { enumerable: true, get: () => this.#attached(name) });
    return Object.freeze(printAsValues(links));
  }

  #defineGlobals(spec: SkeletonSpec, opened: OpenedParts): void {
    for (const [ident, { section, fields: written }] of Object.entries(spec.globals)) {
      const fields = opened.fieldsOf(section) ?? written;
      const map = [...this.#maps.values()].find(({ def }) => (def.data ?? def.arenaData)?.section === section);
      const store = map === undefined ? missingStore(this.#missingFd(section)) : openStore(map, this.#all);
      Object.defineProperty(this, ident, { enumerable: true, value: globalsObject(ident, fields, store) });
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new CoreGenError("closed", `${this.name} is closed`);
  }
}
