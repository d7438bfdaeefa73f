import type { Memory } from "../memory.ts";
import type { PerfEventOfLink } from "./link-info.ts";
import { askForText, type AskAboutLink } from "./ask-about-link.ts";

/** `enum bpf_perf_event_type`: the index is the number. */
const kinds = ["unspec", "uprobe", "uretprobe", "kprobe", "kretprobe", "tracepoint", "event"] as const;

/** The perf event of a link (kernel: `bpf_perf_link_fill_link_info`). All kinds but the last have a name at one place. */
export function readPerfEventOfLink(info: Memory, ask: AskAboutLink): PerfEventOfLink | undefined {
  const kind = kinds[info.u32(16)] ?? "unspec";
  const name = (): string => askForText(ask, 24, 32);
  switch (kind) {
    case "uprobe":
    case "uretprobe":
      return { kind, file: name(), offset: info.u32(36), cookie: info.u64(40), refCtrOffset: info.u64(48) };
    case "kprobe":
    case "kretprobe":
      return {
        kind,
        function: name(),
        offset: info.u32(36),
        address: info.u64(40),
        missed: info.u64(48),
        cookie: info.u64(56),
      };
    case "tracepoint":
      return { kind, tracepoint: name(), cookie: info.u64(40) };
    case "event":
      return { kind, config: info.u64(24), perfType: info.u32(32), cookie: info.u64(40) };
    case "unspec":
      return undefined;
  }
}
