import { recordsBetween } from "../btf/ext.ts";
import type { BpfFunction, BpfObject } from "../object/model.ts";

/** A line of C. */
export interface SourceLine {
  /** As the compiler was given it. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** The line of C that an instruction comes from: the last line record at or before it. */
export function sourceLineOf(object: BpfObject, code: BpfFunction, insn: number): SourceLine | undefined {
  const first = code.sectionInsnOffset;
  const record = recordsBetween(object.ext?.lineInfo ?? [], code.section, first, first + insn + 1).at(-1);
  if (record === undefined || object.btf === undefined) return undefined;
  return {
    file: object.btf.string(record.fileNameOff),
    line: record.lineCol >>> 10,
    text: object.btf.string(record.lineOff).trim(),
  };
}
