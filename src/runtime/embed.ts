import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CoreGenError } from "../errors.ts";

/** The bytes of an object that a generated module carries as base64; white space in the text does not matter. */
export function base64(encoded: string): Uint8Array {
  // A copy: small Buffers lie somewhere in a pool that they share, and objects are read with 8-byte alignment.
  return new Uint8Array(Buffer.from(encoded, "base64"));
}

/**
 * The object for this process's machine, of those that a module has for several (`core-gen skel --target`).
 *
 * Throws a `CoreGenError` with code `unsupported` on any other machine.
 *
 * @example
 * forArch({ x64: () => base64(OBJECT_X64), arm64: () => base64(OBJECT_ARM64) })
 */
export function forArch(objects: Readonly<Record<string, () => Uint8Array>>): Uint8Array {
  const own = Object.entries(objects).find(([arch]) => arch === process.arch);
  if (own !== undefined) return own[1]();
  throw new CoreGenError(
    "unsupported",
    `this skeleton has no object for ${process.arch}: it was generated for ${Object.keys(objects).join(" and ")}`,
    { hints: [`Generate it with one more: core-gen skel --target ${process.arch}=FILE …`] },
  );
}

/**
 * The bytes of an object that lies beside a generated module (`core-gen skel --external`).
 *
 * `sha256` is the checksum, in hexadecimal, of the object that the module was generated from. Throws a `CoreGenError`
 * with code `bad-input` when the file can't be read or is another one.
 *
 * @example
 * external(new URL("./execsnoop.bpf.o", import.meta.url), "9f86d081884c7d65…")
 */
export function external(file: URL | string, sha256: string): Uint8Array {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  const object = readObject(path);
  const actual = createHash("sha256").update(object).digest("hex");
  if (actual === sha256.toLowerCase()) return object;
  throw new CoreGenError(
    "bad-input",
    `${path} is not the object that its skeleton was generated from: their checksums differ`,
    {
      hints: [`Generate the skeleton again: core-gen skel --external ${path}`],
    },
  );
}

function readObject(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CoreGenError("bad-input", `reading the object ${path} failed: ${reason}`, {
      cause,
      hints: ["A skeleton made with --external needs its .bpf.o beside it; bundlers don't copy it by themselves."],
    });
  }
}
