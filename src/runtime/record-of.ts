/**
 * An object with these members, which nobody can add to or change.
 *
 * `Object.fromEntries` and not assignments: `__proto__` is a valid name in C.
 */
export function recordOf<T>(members: Iterable<readonly [name: string, member: T]>): Readonly<Record<string, T>> {
  return Object.freeze(Object.fromEntries(members));
}
