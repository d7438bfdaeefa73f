// All benchmarks, side by side with what they are compared with:
// npm run bench [-- skel import ring maps relocate index btf-dump vmlinux load leaks]
import { benchBtfDump } from "./btf-dump.ts";
import { benchImport } from "./import.ts";
import { benchIndex } from "./index-btf.ts";
import { benchLeaks } from "./leaks.ts";
import { benchLoad } from "./load.ts";
import { benchMaps } from "./maps.ts";
import { benchRelocate } from "./relocate.ts";
import { benchSkel } from "./skel.ts";
import { benchVmlinux } from "./vmlinux.ts";

const benches = new Map<string, () => unknown>([
  ["skel", () => benchSkel()],
  ["import", () => benchImport()],
  ["ring", () => import("./ring-decode.ts")],
  ["maps", () => benchMaps()],
  ["relocate", () => benchRelocate()],
  ["index", () => benchIndex()],
  ["btf-dump", () => benchBtfDump()],
  ["vmlinux", () => benchVmlinux()],
  ["load", () => benchLoad()],
  ["leaks", () => benchLeaks()],
]);

const wanted = process.argv.slice(2);
for (const [name, run] of benches) if (wanted.length === 0 || wanted.includes(name)) await run();
