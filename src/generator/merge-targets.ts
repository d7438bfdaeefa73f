import { CoreGenError } from "../errors.ts";
import { describeLayoutChanges } from "./compare-modules.ts";
import type { SkeletonModel } from "./model.ts";
import { renderModule } from "./render.ts";

/** The module that an object would have alone, and the machine that it is for, when there are several. */
export interface TargetModel {
  readonly arch: string | undefined;
  /** The object's. */
  readonly path: string;
  readonly model: SkeletonModel;
}

/** Two modules that differ in more would be told by their first differences. */
const MOST_CHANGES = 20;

/**
 * One model of several, for objects that differ in nothing but their code: the first one's, with an object for each machine.
 *
 * Throws a `CoreGenError` with code `bad-input` that says what differs.
 */
export async function mergeTargets(targets: readonly TargetModel[]): Promise<SkeletonModel> {
  const [first, ...others] = targets;
  if (first === undefined)
    throw new CoreGenError("bad-input", "generating a skeleton: there is no object to make it of");
  if (first.arch === undefined) return first.model;
  for (const other of others) await requireSame(first, other);
  const { model } = first;
  const getters = targets.map((target) => `${target.arch ?? ""}: () => ${target.model.skeleton.object}`);
  const from = targets.map((target) => `${target.model.skeleton.fileName} (${target.arch ?? ""})`);
  return {
    ...model,
    header: model.header.replace(` from ${model.skeleton.fileName}`, () => ` from ${from.join(", ")}`),
    runtimeValues: [...new Set([...targets.flatMap((target) => target.model.runtimeValues), "forArch"])].sort(),
    skeleton: { ...model.skeleton, object: `forArch({ ${getters.join(", ")} })` },
  };
}

async function requireSame(one: TargetModel, other: TargetModel): Promise<void> {
  if (contractOf(one.model) === contractOf(other.model)) return;
  const changes = [
    ...describeChanges(one.model, other.model),
    ...describeLayoutChanges(await renderModule(one.model, []), await renderModule(other.model, [])),
  ];
  const more = changes.length - MOST_CHANGES;
  throw new CoreGenError(
    "bad-input",
    `${other.path} (${other.arch ?? ""}) does not fit into one module with ${one.path} (${one.arch ?? ""})`,
    {
      hints: [
        ...changes.slice(0, MOST_CHANGES),
        ...(more > 0 ? [`… and ${more} more differences`] : []),
        "Generate a module for each of them, or compile both from the same source.",
      ],
    },
  );
}

/** All of a model that code depends on: comments aside, and where the object is. */
function contractOf(model: SkeletonModel): string {
  return JSON.stringify(
    { ...model, header: "", runtimeValues: [], skeleton: model.skeleton.typeName },
    (key, value: unknown) => (key === "doc" ? undefined : value),
  );
}

/** What differs beside the layouts of types. */
function describeChanges(before: SkeletonModel, after: SkeletonModel): string[] {
  const sizes = (model: SkeletonModel): Named[] =>
    model.globals.map(({ section, size }) => ({ key: section, type: `${size} bytes` }));
  return [
    ...compareNamed("the map", before.maps, after.maps),
    ...compareNamed("the program", before.progs, after.progs),
    ...compareNamed("the section", sizes(before), sizes(after)),
  ];
}

interface Named {
  readonly key: string;
  readonly type: string;
}

function compareNamed(what: string, before: readonly Named[], after: readonly Named[]): string[] {
  const keys = [...new Set([...before, ...after].map(({ key }) => key))];
  return keys.flatMap((key) => {
    const [old, now] = [before, after].map((all) => all.find((one) => one.key === key)?.type);
    if (now === undefined) return [`${what} ${key} is gone`];
    if (old === undefined) return [`${what} ${key} is new`];
    return old === now ? [] : [`${what} ${key} is ${now}, was ${old}`];
  });
}
