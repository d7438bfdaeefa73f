import { inspect } from "node:util";

/** Makes `console.log` show what an object's accessors return, instead of [Getter/Setter]. Returns the object. */
export function printAsValues<T extends object>(object: T): T {
  Object.defineProperty(object, inspect.custom, { value: () => ({ ...object }) });
  return object;
}
