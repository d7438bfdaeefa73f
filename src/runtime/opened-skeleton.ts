import { CoreGenError } from "../errors.ts";
import type { BpfObject, BpfProgram, DataSection, MapDef } from "../object/model.ts";
import { openObject } from "../object/open.ts";
import { checkSpec, mapKind } from "./check-spec.ts";
import { globalsObject } from "./globals.ts";
import { ImageStore } from "./globals-store.ts";
import { loadObject } from "./load/load.ts";
import type { OnLog } from "./load/log-events.ts";
import { LoadedSkeleton } from "./loaded-skeleton.ts";
import { checkedTarget, describeTarget } from "./attach-target.ts";
import { printAsValues } from "./print-as-values.ts";
import { recordOf } from "./record-of.ts";
import type { AttachTarget, MapSettings, OpenedMap, OpenedProgram, ProgramSettings } from "./shape.ts";
import type { SkeletonSpec } from "./spec.ts";
import { StructOpsStore } from "./struct-ops-store.ts";
import { show } from "./value-checks.ts";

/** {@link Settings} as this file sees them: of any shape. */
export interface AnySettings {
  readonly maps?: Readonly<Record<string, unknown>>;
  readonly progs?: Readonly<Record<string, unknown>>;
  readonly structOps?: Readonly<Record<string, unknown>>;
  readonly btfPath?: string | undefined;
  readonly onLog?: OnLog | undefined;
  readonly [globals: string]: Readonly<Record<string, unknown>> | string | OnLog | undefined;
}

/** An object between open and load; its sections of global data are properties of their own. */
export class OpenedSkeleton {
  readonly name: string;
  readonly maps: Readonly<Record<string, OpenedMap>>;
  readonly progs: Readonly<Record<string, OpenedProgram>>;
  readonly structOps: Readonly<Record<string, unknown>>;
  readonly #spec: SkeletonSpec;
  readonly #object: BpfObject;
  /** By ELF section. */
  readonly #images: ReadonlyMap<string, ImageStore>;
  /** By the map's name. */
  readonly #structOps: ReadonlyMap<string, StructOpsStore>;
  readonly #maxEntries = new Map<string, number>();
  readonly #autocreate = new Map<string, boolean>();
  readonly #autoload = new Map<string, boolean>();
  readonly #attachTargets = new Map<string, AttachTarget>();
  readonly #logLevels = new Map<string, number>();
  #btfPath: string | undefined;
  #onLog: OnLog | undefined;
  #loaded = false;

  constructor(spec: SkeletonSpec) {
    const object = openObject(spec.object(), { what: `${spec.name}.bpf.o` });
    checkSpec(spec, object);
    this.name = spec.name;
    this.#spec = spec;
    this.#object = object;
    this.maps = recordOf(Object.keys(spec.maps).map((name) => [name, this.#openMap(findByName(object.maps, name))]));
    this.progs = recordOf(spec.progs.map((name) => [name, this.#openProgram(findByName(object.programs, name))]));
    this.#structOps = new Map(
      Object.entries(spec.structOps ?? {}).map(([name, fields]) => {
        return [name, new StructOpsStore(object, findByName(object.maps, name), fields, this.progs)];
      }),
    );
    this.structOps = recordOf([...this.#structOps].map(([name, { members }]) => [name, members]));
    this.#images = new Map(
      dataSections(object).map((data) => [data.section, new ImageStore(data.contents, object.littleEndian)]),
    );
    this.#defineGlobals();
  }

  /** Sets what `settings` has. */
  apply(settings: AnySettings): void {
    const { maps = {}, progs = {}, structOps = {}, btfPath, onLog, ...globals } = settings;
    if (btfPath !== undefined) this.#btfPath = checkedPath(btfPath);
    if (onLog !== undefined) this.#onLog = checkedListener(onLog);
    for (const [name, map] of Object.entries(maps)) applyMap(this.#member(this.maps, "map", name), map as MapSettings);
    for (const [name, program] of Object.entries(progs))
      applyProgram(this.#member(this.progs, "program", name), program as ProgramSettings);
    for (const [name, values] of Object.entries(structOps)) this.#applyStructOps(name, values);
    for (const [ident, values] of Object.entries(globals)) this.#applyGlobals(ident, values ?? {});
  }

  load(): LoadedSkeleton {
    this.#checkNotLoaded();
    const spec = this.#spec;
    const contents = new Map([...this.#images].map(([section, image]) => [section, image.bytes]));
    const loaded = loadObject(this.#object, {
      autoload: this.#autoload,
      attachTargets: new Map([...this.#attachTargets].map(([name, target]) => [name, describeTarget(target)])),
      maxEntries: this.#maxEntries,
      autocreate: this.#autocreate,
      structOps: new Map([...this.#structOps].map(([name, { value }]) => [name, value])),
      contents,
      name: this.name,
      btfPath: this.#btfPath,
      logLevels: this.#logLevels,
      onLog: this.#onLog,
      carried: spec.minBtf,
    });
    const parts = { maps: this.maps, progs: this.progs, loaded, onLog: this.#onLog };
    const skeleton = new LoadedSkeleton({ spec, ...parts });
    this.#loaded = true;
    for (const image of [...this.#images.values(), ...this.#structOps.values()])
      image.seal(`${this.name} is loaded already, and this is what it was loaded with`);
    return skeleton;
  }

  #openMap(def: MapDef): OpenedMap {
    const settings = this.#maxEntries;
    const autocreate = this.#autocreate;
    const check = (): void => {
      this.#checkNotLoaded();
    };
    return printAsValues({
      name: def.name,
      kind: mapKind(def.type),
      keySize: def.keySize,
      valueSize: def.valueSize,
      get maxEntries(): number {
        return settings.get(def.name) ?? def.maxEntries;
      },
      set maxEntries(value: number) {
        check();
        if (!Number.isInteger(value) || value < 1 || value > 0xffffffff)
          throw new RangeError(
            `map "${def.name}": maxEntries takes an integer from 1 to 4294967295, not ${show(value)}`,
          );
        settings.set(def.name, value);
      },
      get autocreate(): boolean {
        return autocreate.get(def.name) ?? def.autocreate;
      },
      set autocreate(value: boolean) {
        check();
        if (typeof value !== "boolean")
          throw new TypeError(`map "${def.name}": autocreate takes true or false, not ${show(value)}`);
        autocreate.set(def.name, value);
      },
    });
  }

  #openProgram(program: BpfProgram): OpenedProgram {
    const settings = this.#autoload;
    const targets = this.#attachTargets;
    const logLevels = this.#logLevels;
    const check = (): void => {
      this.#checkNotLoaded();
    };
    return printAsValues({
      name: program.name,
      section: program.section,
      get autoload(): boolean {
        return settings.get(program.name) ?? program.autoload;
      },
      set autoload(value: boolean) {
        check();
        if (typeof value !== "boolean")
          throw new TypeError(`program "${program.name}": autoload takes true or false, not ${show(value)}`);
        settings.set(program.name, value);
      },
      get attachTarget(): AttachTarget | undefined {
        return targets.get(program.name);
      },
      set attachTarget(value: AttachTarget | undefined) {
        check();
        if (value === undefined) targets.delete(program.name);
        else targets.set(program.name, checkedTarget(program.name, value));
      },
      get logLevel(): number {
        return logLevels.get(program.name) ?? 0;
      },
      set logLevel(value: number) {
        check();
        if (!Number.isInteger(value) || value < 0 || value > 7)
          throw new RangeError(`program "${program.name}": logLevel takes an integer from 0 to 7, not ${show(value)}`);
        logLevels.set(program.name, value);
      },
    });
  }

  #defineGlobals(): void {
    for (const [ident, { section, fields }] of Object.entries(this.#spec.globals)) {
      const image = this.#images.get(section);
      if (image === undefined) continue;
      Object.defineProperty(this, ident, { enumerable: true, value: globalsObject(ident, fields, image) });
    }
  }

  #applyStructOps(name: string, values: unknown): void {
    const store = this.#structOps.get(name);
    if (store === undefined) throw this.#unknown("struct_ops map", name, [...this.#structOps.keys()]);
    store.apply(values as Readonly<Record<string, unknown>>, (member) =>
      this.#unknown(`member to set in ${name}`, member, Object.keys(store.members)),
    );
  }

  #applyGlobals(ident: string, values: Readonly<Record<string, unknown>> | string | OnLog): void {
    if (!Object.hasOwn(this.#spec.globals, ident))
      throw this.#unknown("section of variables", ident, Object.keys(this.#spec.globals));
    // #defineGlobals made this property, under a name that only the spec knows.
    const globals = (this as unknown as Record<string, Record<string, unknown>>)[ident] ?? {};
    for (const [name, value] of Object.entries(values)) {
      if (!Object.hasOwn(globals, name)) throw this.#unknown(`variable in ${ident}`, name, Object.keys(globals));
      if (value !== undefined) globals[name] = value;
    }
  }

  #member<T>(members: Readonly<Record<string, T>>, what: string, name: string): T {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined) throw this.#unknown(what, name, Object.keys(members));
    return member;
  }

  #unknown(what: string, name: string, there: readonly string[]): CoreGenError {
    const hints = there.length === 0 ? [] : [`There is: ${there.join(", ")}.`];
    return new CoreGenError("bad-input", `settings for ${this.name}: it has no ${what} "${name}"`, { hints });
  }

  #checkNotLoaded(): void {
    if (!this.#loaded) return;
    throw new CoreGenError("bad-input", `${this.name} is loaded already`, {
      hints: ["Call open() again for another instance."],
    });
  }
}

function checkedPath(path: unknown): string {
  if (typeof path === "string" && path !== "") return path;
  throw new TypeError(`btfPath takes the path of a file or folder, not ${show(path)}`);
}

function checkedListener(listener: unknown): OnLog {
  // Which arguments it takes is not to be seen from outside.
  if (typeof listener === "function") return listener as OnLog;
  throw new TypeError(`onLog takes a function, not ${show(listener)}`);
}

function applyMap(map: OpenedMap, settings: MapSettings): void {
  if (settings.maxEntries !== undefined) map.maxEntries = settings.maxEntries;
  if (settings.autocreate !== undefined) map.autocreate = settings.autocreate;
}

function applyProgram(program: OpenedProgram, settings: ProgramSettings): void {
  if (settings.autoload !== undefined) program.autoload = settings.autoload;
  if (settings.attachTarget !== undefined) program.attachTarget = settings.attachTarget;
  if (settings.logLevel !== undefined) program.logLevel = settings.logLevel;
}

function dataSections(object: BpfObject): DataSection[] {
  return object.maps.flatMap((map) => (map.data === undefined ? [] : [map.data]));
}

/** checkSpec has made sure that it is there. */
function findByName<T extends { readonly name: string }>(items: readonly T[], name: string): T {
  const item = items.find((one) => one.name === name);
  if (item === undefined) throw new CoreGenError("bad-object", `the object has no "${name}"`);
  return item;
}
