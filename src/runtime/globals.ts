import type { Codec } from "./codec.ts";
import type { GlobalsStore } from "./globals-store.ts";
import { printAsValues } from "./print-as-values.ts";
import type { GlobalsSpec } from "./spec.ts";
import { withPlace } from "./value-checks.ts";

/**
 * A section of global data as an object: a property for each variable, which reads and writes the bytes behind it.
 *
 * Values are copies. Those of structs and arrays are frozen, so that an assignment to a part of one, which would be
 * lost, throws: assign the whole. `ident` is the section's name in the skeleton, for errors. `fieldsNow` says where
 * and what they are at each access, for sections whose size can still be set.
 */
export function globalsObject(
  ident: string,
  fields: GlobalsSpec["fields"],
  store: GlobalsStore,
  fieldsNow: () => GlobalsSpec["fields"] = (): GlobalsSpec["fields"] => fields,
): object {
  const object = {};
  for (const [name, field] of Object.entries(fields)) {
    const now = (): (typeof fields)[string] => fieldsNow()[name] ?? field;
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        const [offset, codec] = now();
        return freezeDeep(store.read(codec, offset));
      },
      set: (value: unknown) => {
        const [offset, codec] = now();
        writeVariable(store, codec, offset, value, `${ident}.${name}`);
      },
    });
  }
  return Object.preventExtensions(printAsValues(object));
}

function writeVariable(store: GlobalsStore, codec: Codec<unknown>, offset: number, value: unknown, what: string): void {
  try {
    store.write(codec, offset, value);
  } catch (error) {
    throw withPlace(error, what);
  }
}

/** Freezes objects and arrays all the way down; typed arrays are the exception that JavaScript can't freeze. */
function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) freezeDeep<unknown>(part);
  return Object.freeze(value);
}
