import { CoreGenError } from "../errors.ts";
import type { BpfObject, BpfProgram, MapDef } from "../object/model.ts";
import { openObject } from "../object/open.ts";
import { checkSpec, dataSections, kindsOf } from "./check-spec.ts";
import { globalsObject } from "./globals.ts";
import { ImageStore } from "./globals-store.ts";
import { loadObject } from "./load/load.ts";
import type { OnLog } from "./load/log-events.ts";
import type { MapChanges } from "./load/types.ts";
import { LoadedSkeleton } from "./loaded-skeleton.ts";
import { checkedTarget, describeTarget } from "./attach-target.ts";
import { checkedPath, OpenedMapSettings } from "./opened-map.ts";
import { printAsValues } from "./print-as-values.ts";
import { recordOf } from "./record-of.ts";
import { findHandledSection, handlerOf } from "./section-handlers.ts";
import { resizedFields } from "./resized-fields.ts";
import type { AttachTarget, OpenedProgram, ProgramSettings, UntypedMapSettings } from "./shape.ts";
import type { GlobalsSpec, MapSpec, SkeletonSpec } from "./spec.ts";
import { StructOpsStore } from "./struct-ops-store.ts";
import { show } from "./value-checks.ts";

/** {@link Settings} as this file sees them: of any shape. */
export interface AnySettings {
  readonly maps?: Readonly<Record<string, unknown>>;
  readonly progs?: Readonly<Record<string, unknown>>;
  readonly structOps?: Readonly<Record<string, unknown>>;
  readonly btfPath?: string | undefined;
  /** Text of a kernel's configuration, or values for the variables of `.kconfig`. */
  readonly kconfig?: string | Readonly<Record<string, unknown>> | undefined;
  readonly pinRoot?: string | undefined;
  readonly tokenPath?: string | undefined;
  readonly onLog?: OnLog | undefined;
  readonly [globals: string]: Readonly<Record<string, unknown>> | string | OnLog | undefined;
}

/** An object between open and load; its sections of global data are properties of their own. */
export class OpenedSkeleton {
  readonly name: string;
  readonly maps: Readonly<Record<string, OpenedMapSettings>>;
  readonly sections: Readonly<Record<string, OpenedMapSettings>>;
  readonly progs: Readonly<Record<string, OpenedProgram>>;
  readonly structOps: Readonly<Record<string, unknown>>;
  readonly #spec: SkeletonSpec;
  readonly #object: BpfObject;
  /** By ELF section. */
  readonly #images: ReadonlyMap<string, ImageStore>;
  /** The variables of sections whose size was set, by ELF section. */
  readonly #fields = new Map<string, GlobalsSpec["fields"]>();
  /** By the map's name. */
  readonly #structOps: ReadonlyMap<string, StructOpsStore>;
  readonly #context = {
    check: (): void => {
      this.#checkNotLoaded();
    },
    pinRoot: (): string | undefined => this.#pinRoot,
  };
  readonly #autoload = new Map<string, boolean>();
  readonly #attachTargets = new Map<string, AttachTarget>();
  readonly #logLevels = new Map<string, number>();
  #btfPath: string | undefined;
  #kconfig: string | undefined;
  #pinRoot: string | undefined;
  #tokenPath: string | undefined;
  #onLog: OnLog | undefined;
  #loaded = false;

  constructor(spec: SkeletonSpec) {
    const object = openObject(spec.object(), { what: `${spec.name}.bpf.o`, findSection: findHandledSection });
    checkSpec(spec, object);
    this.name = spec.name;
    this.#spec = spec;
    this.#object = object;
    this.maps = recordOf(
      Object.entries(spec.maps).map(([name, map]) => [name, this.#openMap(name, map, findByName(object.maps, name))]),
    );
    this.sections = recordOf(Object.entries(spec.globals).map(([ident, one]) => [ident, this.#openSection(one)]));
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
    for (const { name, def } of object.programs) {
      const opened = this.progs[name];
      if (opened !== undefined) handlerOf(def)?.setup?.(opened);
    }
  }

  /** Sets what `settings` has. */
  apply(settings: AnySettings): void {
    const { maps = {}, progs = {}, structOps = {}, btfPath, kconfig, pinRoot, tokenPath, onLog, ...globals } = settings;
    if (btfPath !== undefined) this.#btfPath = checkedPath("btfPath", btfPath);
    if (kconfig !== undefined) this.#applyKconfig(kconfig);
    if (pinRoot !== undefined) this.#pinRoot = checkedPath("pinRoot", pinRoot);
    if (tokenPath !== undefined) this.#tokenPath = tokenPath === "" ? "" : checkedPath("tokenPath", tokenPath);
    if (onLog !== undefined) this.#onLog = checkedListener(onLog);
    for (const [name, map] of Object.entries(maps))
      this.#member(this.maps, "map", name).apply(map as UntypedMapSettings);
    for (const [name, program] of Object.entries(progs))
      applyProgram(this.#member(this.progs, "program", name), program as ProgramSettings);
    for (const [name, values] of Object.entries(structOps)) this.#applyStructOps(name, values);
    for (const [ident, values] of Object.entries(globals)) this.#applyGlobals(ident, values ?? {});
  }

  /** The variables of a section as they are with the size that was set for it; undefined when none was. */
  fieldsOf(section: string): GlobalsSpec["fields"] | undefined {
    return this.#fields.get(section);
  }

  load(): LoadedSkeleton {
    this.#checkNotLoaded();
    const spec = this.#spec;
    const contents = new Map([...this.#images].map(([section, { bytes }]) => [section, bytes]));
    const loaded = loadObject(this.#object, {
      autoload: this.#autoload,
      attachTargets: new Map([...this.#attachTargets].map(([name, target]) => [name, describeTarget(target)])),
      maps: this.#mapChanges(),
      structOps: new Map([...this.#structOps].map(([name, { value }]) => [name, value])),
      contents,
      name: this.name,
      btfPath: this.#btfPath,
      kconfig: this.#kconfig,
      pinRoot: this.#pinRoot,
      tokenPath: this.#tokenPath,
      logLevels: this.#logLevels,
      onLog: this.#onLog,
      carried: spec.minBtf,
    });
    const skeleton = new LoadedSkeleton({ spec, opened: this, loaded, onLog: this.#onLog });
    this.#loaded = true;
    for (const image of [...this.#images.values(), ...this.#structOps.values()])
      image.seal(`${this.name} is loaded already, and this is what it was loaded with`);
    return skeleton;
  }

  #mapChanges(): Map<string, MapChanges> {
    const opened = [...Object.values(this.maps), ...Object.values(this.sections)];
    return new Map(opened.map((map) => [map.name, map.changes]));
  }

  #openMap(name: string, spec: MapSpec, def: MapDef): OpenedMapSettings {
    return new OpenedMapSettings(def, {
      ...{ what: `map "${name}"`, kinds: kindsOf(spec), ...this.#context },
      keys: freeIf(spec.type === "other"),
      values: freeIf(hasFreeValues(spec)),
    });
  }

  /** Of a section of global data, its map; of an arena's variables, the arena. */
  #openSection(spec: GlobalsSpec): OpenedMapSettings {
    const { section } = spec;
    const def = findMapOf(this.#object, section);
    const known = Object.hasOwn(this.maps, def.name) ? this.maps[def.name] : undefined;
    if (known !== undefined && def.data === undefined) return known;
    const what = `section ${section}`;
    const onValueSize = (size: number): void => {
      this.#images.get(section)?.resize(size);
      this.#fields.set(section, resizedFields(this.#object, spec, size));
    };
    const free = { keys: "fixed", values: "free", onValueSize } as const;
    return new OpenedMapSettings(def, { what, kinds: ["array"], ...free, ...this.#context });
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
      const now = (): GlobalsSpec["fields"] => this.fieldsOf(section) ?? fields;
      Object.defineProperty(this, ident, { enumerable: true, value: globalsObject(ident, fields, image, now) });
    }
  }

  /** The text counts for every skeleton, one without `.kconfig` too, as libbpf's does. */
  #applyKconfig(kconfig: string | Readonly<Record<string, unknown>>): void {
    if (typeof kconfig === "string") this.#kconfig = kconfig;
    else if (typeof kconfig === "object") this.#applyGlobals("kconfig", kconfig);
    else throw new TypeError(`kconfig takes text, or the values of variables, not ${show(kconfig)}`);
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

/** Whether no reader has to know how long the values of a map are. */
function hasFreeValues({ type }: MapSpec): boolean {
  return type === "other" || type === "stack_trace";
}

function freeIf(free: boolean): "free" | "fixed" {
  return free ? "free" : "fixed";
}

function checkedListener(listener: unknown): OnLog {
  // Which arguments it takes is not to be seen from outside.
  if (typeof listener === "function") return listener as OnLog;
  throw new TypeError(`onLog takes a function, not ${show(listener)}`);
}

function applyProgram(program: OpenedProgram, settings: ProgramSettings): void {
  if (settings.autoload !== undefined) program.autoload = settings.autoload;
  if (settings.attachTarget !== undefined) program.attachTarget = settings.attachTarget;
  if (settings.logLevel !== undefined) program.logLevel = settings.logLevel;
}

function findMapOf(object: BpfObject, section: string): MapDef {
  const map = object.maps.find(({ data, arenaData }) => (data ?? arenaData)?.section === section);
  if (map === undefined) throw new CoreGenError("bad-object", `the object has no section ${section}`);
  return map;
}

/** checkSpec has made sure that it is there. */
function findByName<T extends { readonly name: string }>(items: readonly T[], name: string): T {
  const item = items.find((one) => one.name === name);
  if (item === undefined) throw new CoreGenError("bad-object", `the object has no "${name}"`);
  return item;
}
