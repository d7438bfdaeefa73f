import { parseRecordFlags } from "../../../src/cli/record-flags.ts";
import type { NamedRecords } from "../../../src/object/record-info.ts";

/** What is said of the buffers of test/golden/variants.bpf.c. */
export const variantsRecords: ReadonlyMap<string, NamedRecords> = parseRecordFlags([
  "events=kind:KIND_EXEC=exec_event,2=exit_event,KIND_LINE=line_event",
  "files=header.kind:17=opened,3=closed",
  "flags=kind:1=yes,0=struct no",
  "samples=exec_event,closed",
]);
