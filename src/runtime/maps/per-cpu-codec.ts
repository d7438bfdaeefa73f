import type { Codec } from "../codec.ts";
import { show } from "../value-checks.ts";

/**
 * One value for each possible CPU, as the kernel hands them over: each rounded up to 8 bytes, without gaps, CPU 0
 * first (`bpf_percpu_hash_copy` in kernel/bpf/hashtab.c).
 */
export function perCpuCodec<T>(codec: Codec<T>, cpus: number): Codec<T[]> {
  const stride = Math.ceil(codec.size / 8) * 8;
  return {
    size: stride * cpus,
    read: (from, at) => {
      const values: T[] = [];
      for (let cpu = 0; cpu < cpus; cpu++) {
        const place = at + cpu * stride;
        from.end = place + codec.size;
        values.push(codec.read(from, place));
      }
      return values;
    },
    write: (to, at, values) => {
      if (!Array.isArray(values))
        throw new TypeError(`an array with a value for each CPU is needed, not ${show(values)}`);
      if (values.length !== cpus)
        throw new RangeError(
          `${values.length} values given, and ${cpus} CPUs are possible: one value for each is needed`,
        );
      to.clear(at, stride * cpus);
      values.forEach((value, cpu) => {
        to.end = at + cpu * stride + codec.size;
        codec.write(to, at + cpu * stride, value);
      });
    },
  };
}
