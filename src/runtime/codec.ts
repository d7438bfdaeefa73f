import type { Memory } from "./memory.ts";
import type { RecordView } from "./record-view.ts";

/** How values of one C type are read from and written to memory; generated code makes one per struct. */
export interface Codec<T> {
  /** `sizeof` the C type, in bytes. */
  readonly size: number;
  /** The value at byte `at`. Never keeps a reference to the memory. */
  read(from: Memory, at: number): T;
  /** Stores `value` at byte `at`; all `size` bytes are defined afterwards, padding is zero. */
  write(to: Memory, at: number, value: T): void;
  /** Makes what returns the record that `view` is at, as an object whose members are read when they are asked for. */
  readonly view?: (view: RecordView) => () => T;
}
