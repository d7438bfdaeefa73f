import { resizedLength } from "../object/resize-section.ts";
import type { BpfObject } from "../object/model.ts";
import type { Codec } from "./codec.ts";
import { bytes, text } from "./codecs.ts";
import { Memory } from "./memory.ts";
import type { GlobalsSpec } from "./spec.ts";
import { checkArray, checkCount } from "./value-checks.ts";

/**
 * The variables of a section whose size was set: the last one, if it is an array, is as much longer or shorter, like in
 * the types that the kernel gets. Any other keeps its type (libbpf: `map_btf_datasec_resize`).
 */
export function resizedFields(object: BpfObject, spec: GlobalsSpec, size: number): GlobalsSpec["fields"] {
  const map = object.maps.find(({ data }) => data?.section === spec.section);
  const last = map?.data?.variables.at(-1);
  const field = last && spec.fields[last.name];
  if (size === spec.size || map === undefined || last === undefined || field === undefined) return spec.fields;
  const length = object.btf && resizedLength(object.btf, map.valueTypeId, size);
  if (length === undefined) return spec.fields;
  const [offset, codec] = field;
  return { ...spec.fields, [last.name]: [offset, resized(codec, length, size - offset)] };
}

/** An array's codec with another number of elements; `size` is that of all of them, in bytes. */
function resized(codec: Codec<unknown>, length: number, size: number): Codec<unknown> {
  const zeros = codec.read(new Memory(new Uint8Array(codec.size)), 0);
  if (typeof zeros === "string") return text(size);
  if (zeros instanceof Uint8Array) return bytes(size);
  // What an element is can't be told from an array without any.
  if (!Array.isArray(zeros) || zeros.length === 0) return codec;
  return resizedList(codec as Codec<unknown[]>, zeros, length, size);
}

/** Reads and writes as many elements at once as the array had; the last of these may overlap with those before. */
function resizedList(codec: Codec<unknown[]>, zeros: readonly unknown[], length: number, size: number): Codec<unknown> {
  const count = zeros.length;
  const stride = codec.size / count;
  const starts = Array.from({ length: Math.ceil(length / count) }, (_, i) => Math.min(i * count, length - count));
  return {
    size,
    read: (from, at) => {
      if (length < count) return codec.read(padded(from, at, size, codec.size), 0).slice(0, length);
      const values: unknown[] = [];
      for (const start of starts)
        for (const value of codec.read(from, at + start * stride).slice(values.length - start)) values.push(value);
      return values;
    },
    write: (to, at, value) => {
      checkArray(value as unknown[], `an array of ${length}`);
      const values = value as unknown[];
      checkCount(values.length, length, "elements", `an array of ${length}`);
      if (length < count) {
        const all = to.over(new Uint8Array(codec.size));
        codec.write(all, 0, [...values, ...zeros.slice(length)]);
        to.bytes.set(all.bytes.subarray(0, size), at);
      } else for (const start of starts) codec.write(to, at + start * stride, values.slice(start, start + count));
    },
  };
}

function padded(from: Memory, at: number, size: number, whole: number): Memory {
  const all = from.over(new Uint8Array(whole));
  all.bytes.set(from.bytes.subarray(at, at + size));
  return all;
}
