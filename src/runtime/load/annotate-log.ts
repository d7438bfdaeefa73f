import type { Btf } from "../../btf/btf.ts";
import type { LineInfo } from "../../btf/ext.ts";
import type { SourceLine } from "../../co-re/source-line.ts";
import { endOfComplaint } from "./verifier-log.ts";

/** One line of the verifier's log. */
export interface LogLine {
  readonly text: string;
  /** The instruction that it is about, as a slot of the program with everything it calls. */
  readonly insn: number | undefined;
  /** The line of C that the instruction comes from; kernels before 6.8 don't say in which file and line it is. */
  readonly source: SourceLine | undefined;
}

/** Puts the line of C beside each instruction of a verifier's log. `lineInfo` is the program's, in order. */
export function annotateLog(
  log: readonly string[],
  lineInfo: readonly LineInfo[],
  btf: Btf | undefined,
): readonly LogLine[] {
  return log.map((text) => {
    const insn = INSN.exec(text)?.[1];
    if (insn === undefined) return { text, insn: undefined, source: undefined };
    return { text, insn: Number(insn), source: btf && sourceOf(Number(insn), lineInfo, btf) };
  });
}

/** "12: (61) r0 = *(u32 *)(r1 +8)", and our own "12: <invalid CO-RE relocation>". */
const INSN = /^(\d+): [(<]/u;

function sourceOf(insn: number, lineInfo: readonly LineInfo[], btf: Btf): SourceLine | undefined {
  let [low, high] = [0, lineInfo.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lineInfo[middle]?.insnOff ?? 0) <= insn) low = middle + 1;
    else high = middle;
  }
  const record = lineInfo[low - 1];
  if (record === undefined) return undefined;
  return {
    file: btf.string(record.fileNameOff),
    line: record.lineCol >>> 10,
    text: btf.string(record.lineOff).trim(),
  };
}

/**
 * The end of a log for people: the last `count` instructions, each line of C above those that came of it, and what the
 * verifier said of them, without its counts.
 */
export function printExcerpt(lines: readonly LogLine[], count: number): string {
  const end = endOfComplaint(lines.map(({ text }) => text));
  const insns = lines.slice(0, end).flatMap(({ insn }, at) => (insn === undefined ? [] : [at]));
  const start = insns.at(-count) ?? 0;
  const hasSources = lines.some(({ source }) => source !== undefined);
  let last = "";
  return lines
    .slice(start, end)
    .flatMap(({ text, source }) => {
      // The kernel's own lines of C: ours have the file, too.
      if (hasSources && text.startsWith("; ")) return [];
      const here = source === undefined ? last : `${source.file}:${source.line}: ${source.text}`;
      const heading = here === last ? [] : [`; ${here}`];
      last = here;
      return [...heading, source === undefined ? text : `    ${text}`];
    })
    .join("\n");
}
