import { kernelIsAtLeast } from "../../../src/runtime/kernel/release.ts";
import { iter } from "../../objects/iter.skel.ts";
import { iteratorCases, type IteratorCase } from "../../support/iterators.ts";
import { checkHook, refusedHere } from "./check-hook.ts";

/** What the kernel goes over for programs that write about it: compared with /proc and with what bpf() lists. */
export async function checkIterators(): Promise<void> {
  for (const one of iteratorCases) await checkHook(`iter/${one.target}`, lacking(one), one.see);
}

function lacking({ target, since }: IteratorCase): string | undefined {
  if (!kernelIsAtLeast(since)) return `Linux ${since.join(".")} has the first one`;
  if (!target.startsWith("bpf_map_elem")) return undefined;
  return refusedHere(() => {
    iter.load({ progs: { dump_numbers: { autoload: true } } }).close();
  });
}
