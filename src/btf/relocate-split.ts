import { Btf } from "./btf.ts";
import { ByteReader } from "./bytes.ts";
import { CoreGenError } from "../errors.ts";
import { matchDistilled } from "./match-distilled.ts";
import { visitReferences } from "./visit-references.ts";

/**
 * Puts split BTF that was made for a distilled base onto a kernel's types: `split.base` holds just the names and sizes
 * that the split types refer to, and each is looked up in `base` (libbpf: `btf__relocate`).
 *
 * Ids and names change as libbpf changes them, so that both number the types alike. Throws a `CoreGenError` with code
 * `bad-btf` when a type is not in `base`, has another size there, or is there more than once.
 */
export function relocateSplit(split: Btf, base: Btf): Btf {
  const distilled = split.base;
  if (distilled === undefined) return split;
  if (split.littleEndian !== base.littleEndian)
    throw new CoreGenError("bad-btf", `${split.what}: its byte order is not that of ${base.what}`);
  const { ids, strings } = matchDistilled(split, distilled, base);
  const bytes = Uint8Array.from(split.bytes);
  const file = new ByteReader(bytes, { what: split.what, code: "bad-btf", littleEndian: split.littleEndian });
  const view = new DataView(bytes.buffer);
  const write = (at: number, value: number): void => view.setUint32(at, value, split.littleEndian);
  const visitor = {
    id: (at: number) => {
      const id = file.u32(at);
      write(at, id < distilled.typeCount ? (ids[id] ?? 0) : id - distilled.typeCount + base.typeCount);
    },
    string: (at: number) => {
      const offset = file.u32(at);
      if (offset === 0) return;
      const moved =
        offset < distilled.stringsLength ? strings.get(offset) : offset - distilled.stringsLength + base.stringsLength;
      if (moved === undefined) return file.fail(`the name "${distilled.string(offset)}" is not in ${base.what}`);
      write(at, moved);
    },
  };
  for (let id = split.firstId; id < split.typeCount; id++) visitReferences(file, split.offsetOf(id), visitor);
  return Btf.parse(bytes, { what: split.what, base });
}
