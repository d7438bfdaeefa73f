import type { Btf } from "./btf.ts";
import { ByteReader } from "./bytes.ts";
import { CoreGenError } from "../errors.ts";
import { visitReferences } from "./visit-references.ts";

/**
 * Checks that all types and strings that the BTF's own types refer to are there, as libbpf does when it reads BTF
 * (`btf_sanity_check`): what is wrong is said before the first line is printed.
 *
 * Throws a `CoreGenError` with code `bad-btf`. A module's types without their base are the usual reason.
 */
export function checkReferences(btf: Btf): void {
  const { what, littleEndian, typeCount, stringsLength } = btf;
  const file = new ByteReader(btf.bytes, { what, code: "bad-btf", littleEndian });
  let current = btf.firstId;
  const visitor = {
    id: (at: number) => {
      const id = file.u32(at);
      if (id >= typeCount)
        throw dangling(btf, `type [${current}] refers to type [${id}], the last one is [${typeCount - 1}]`);
    },
    string: (at: number) => {
      const offset = file.u32(at);
      if (offset >= stringsLength)
        throw dangling(
          btf,
          `type [${current}] has a name at offset ${offset} of the strings, there are ${stringsLength} bytes`,
        );
    },
  };
  for (; current < typeCount; current++) visitReferences(file, btf.offsetOf(current), visitor);
}

function dangling({ what, base }: Btf, problem: string): CoreGenError {
  return new CoreGenError("bad-btf", `${what}: ${problem}`, {
    hints: [
      base === undefined
        ? "The types of a kernel module continue those of its kernel: name them with --base."
        : "A module's types fit only the kernel that the module was built with.",
    ],
  });
}
