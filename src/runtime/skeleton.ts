import { OpenedSkeleton } from "./opened-skeleton.ts";
import type { Loaded, Settings, Shape, Skeleton } from "./shape.ts";
import type { SkeletonSpec } from "./spec.ts";

/**
 * Makes a skeleton from what a generated module knows about its object. Reads nothing and loads nothing yet.
 *
 * For generated code; the types say the same as `spec`, and are checked against it by nobody.
 */
export function defineSkeleton<S extends Shape, L extends Loaded<S>>(spec: SkeletonSpec): Skeleton<S, L> {
  const open = (settings: Settings<S> = {}): OpenedSkeleton => {
    const opened = new OpenedSkeleton(spec);
    opened.apply(settings);
    return opened;
  };
  const load = (settings?: Settings<S>): unknown => open(settings).load();
  // The members that OpenedSkeleton and LoadedSkeleton define by name from the spec are those that S lists: both are
  // printed by the generator from one model.
  return { name: spec.name, open, load } as unknown as Skeleton<S, L>;
}
