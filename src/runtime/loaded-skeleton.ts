import { CoreGenError } from "../errors.ts";
import type { MapDef } from "../object/model.ts";
import { mapKind } from "./check-spec.ts";
import { CloseStack } from "./close-stack.ts";
import { globalsObject } from "./globals.ts";
import { missingFd, missingStore, openStore } from "./globals-store.ts";
import { attachesBySection, attachProgram } from "./links/attach.ts";
import type { Link } from "./links/link.ts";
import type { LoadedObject, LoadedProgram } from "./load/types.ts";
import type { BpfMap, MapHandle } from "./maps/bpf-map.ts";
import { makeMap } from "./maps/make-map.ts";
import type { OpenedMap, OpenedProgram } from "./shape.ts";
import { printAsValues } from "./print-as-values.ts";
import { Program } from "./program.ts";
import { recordOf } from "./record-of.ts";
import type { MapSpec, SkeletonSpec } from "./spec.ts";

/** What {@link LoadedSkeleton} is made of. */
export interface LoadedSkeletonParts {
  readonly spec: SkeletonSpec;
  /** What it was loaded from. */
  readonly opened: OpenedParts;
  readonly loaded: LoadedObject;
}

interface OpenedParts {
  readonly maps: Readonly<Record<string, OpenedMap>>;
  readonly sections: Readonly<Record<string, OpenedMap>>;
  readonly progs: Readonly<Record<string, OpenedProgram>>;
}

/** An object in the kernel; its sections of global data are properties of their own. */
export class LoadedSkeleton {
  readonly name: string;
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly sections: Readonly<Record<string, BpfMap>>;
  readonly progs: Readonly<Record<string, Program>>;
  readonly links: Readonly<Record<string, Link | undefined>>;
  readonly warnings: readonly string[];
  readonly #programs: LoadedObject["programs"];
  /** The newest link of each program. */
  readonly #newest = new Map<string, Link>();
  readonly #links = new CloseStack();
  readonly #readers = new CloseStack();
  /** Everything there is to close, in the order it was made. */
  readonly #all = new CloseStack();
  #closed = false;

  /** Takes over `loaded`, also when it throws: then all of it is closed. */
  constructor({ spec, opened, loaded }: LoadedSkeletonParts) {
    this.name = spec.name;
    this.warnings = loaded.warnings;
    this.#programs = loaded.programs;
    this.#all.add(loaded);
    try {
      this.maps = this.#makeMaps(Object.entries(spec.maps), opened.maps, loaded);
      const sections = Object.keys(spec.globals).map((ident): [string, MapSpec] => [ident, { type: "other" }]);
      this.sections = this.#makeMaps(sections, opened.sections, loaded);
      this.progs = recordOf(spec.progs.map((name) => [name, this.#makeProgram(name, opened.progs[name])]));
      this.links = this.#linksByName(spec.progs);
      this.#defineGlobals(spec, loaded);
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
        if (program.def !== undefined && attachesBySection(program.def) && this.#attached(name) === undefined)
          fresh.add(this.#attach(name));
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
    loaded: LoadedObject,
  ): Readonly<Record<string, BpfMap>> {
    return recordOf(specs.map(([key, spec]) => [key, makeMap(this.#handle(key, opened[key], loaded), spec)]));
  }

  /** A map that was not made has the facts that it would have had. */
  #handle(key: string, opened: OpenedMap | undefined, loaded: LoadedObject): MapHandle {
    const name = opened?.name ?? key;
    const map = loaded.maps.get(name);
    const readers = this.#readers;
    if (map !== undefined) {
      const { def, fd, maxEntries, pinPath } = map;
      return { ...{ name, kind: mapKind(def.type), fd, maxEntries, pinPath, readers }, ...sizesOf(def) };
    }
    const { kind = "unspec", keySize = 0, valueSize = 0, maxEntries = 0 } = opened ?? {};
    return { name, kind, keySize, valueSize, maxEntries, fd: missingFd(name), readers };
  }

  #makeProgram(name: string, opened: OpenedProgram | undefined): Program {
    const facts = { name, section: opened?.section ?? "", loaded: this.#programs.has(name) };
    return new Program(facts, { fd: () => this.#program(name).fd.number, attach: () => this.#attach(name) });
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
    const link = attachProgram(this.#program(name));
    const before = this.#newest.get(name);
    if (before?.closed === true) this.#links.remove(before);
    this.#links.add(link);
    this.#newest.set(name, link);
    return link;
  }

  #attached(name: string): Link | undefined {
    const link = this.#newest.get(name);
    return link === undefined || link.closed ? undefined : link;
  }

  #linksByName(names: readonly string[]): Readonly<Record<string, Link | undefined>> {
    const links = {};
    for (const name of names) Object.defineProperty(links, name, { enumerable: true, get: () => this.#attached(name) });
    return Object.freeze(printAsValues(links));
  }

  #defineGlobals(spec: SkeletonSpec, loaded: LoadedObject): void {
    for (const [ident, { section, fields }] of Object.entries(spec.globals)) {
      const map = [...loaded.maps.values()].find(({ def }) => (def.data ?? def.arenaData)?.section === section);
      const store = map === undefined ? missingStore(section) : openStore(map, this.#all);
      Object.defineProperty(this, ident, { enumerable: true, value: globalsObject(ident, fields, store) });
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new CoreGenError("closed", `${this.name} is closed`);
  }
}

function sizesOf({ keySize, valueSize }: MapDef): { keySize: number; valueSize: number } {
  return { keySize, valueSize };
}
