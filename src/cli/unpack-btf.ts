import { parseTar } from "nanotar";
import xzDecompress from "xz-decompress";
import { CoreGenError } from "../errors.ts";

/** Ten times what the largest kernel has: a small archive must not fill the memory. */
const MAX_BYTES = 128 * 1024 * 1024;

/** The one .btf file in an archive as BTFHub has them, .btf.tar.xz. Throws a `CoreGenError` with code `bad-btf`. */
export async function unpackBtf(path: string, packed: Uint8Array): Promise<Uint8Array> {
  const files = filesOf(path, await decompressXz(path, packed));
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) return only;
  throw new CoreGenError("bad-btf", `unpacking ${path}: there are ${files.length} .btf files in it, not one`);
}

/** What is in an .xz file. Throws a `CoreGenError` with code `bad-btf` when it is damaged, or larger than any kernel's types. */
export async function decompressXz(path: string, packed: Uint8Array): Promise<Uint8Array> {
  // A copy: the stream wants bytes that nothing else shares.
  const stream = new xzDecompress.XzReadableStream(new Blob([new Uint8Array(packed)]).stream());
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > MAX_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    // The library knows numbers only: 8 and 9 for data that is cut off or damaged, 5 for what is no .xz at all.
    throw new CoreGenError("bad-btf", `unpacking ${path}: it is damaged, or cut off, or not in xz's format`, { cause });
  }
  if (length <= MAX_BYTES) return Buffer.concat(chunks);
  throw new CoreGenError("bad-btf", `unpacking ${path}: it has more than ${MAX_BYTES / 1024 / 1024} MB of contents`);
}

function filesOf(path: string, archive: Uint8Array): Uint8Array[] {
  try {
    const files = parseTar(archive).filter(({ name }) => name.endsWith(".btf"));
    return files.flatMap((file) => ("data" in file ? [file.data] : []));
  } catch (cause) {
    throw new CoreGenError("bad-btf", `unpacking ${path}: there is no tar archive in it`, { cause });
  }
}
