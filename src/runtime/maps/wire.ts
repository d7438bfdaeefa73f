import type { Memory } from "../memory.ts";

/**
 * How keys or values go to the kernel and come back: a codec whose two directions may differ, as a network prefix that
 * can be given as text or as a struct and comes back as text.
 */
export interface Wire<In, Out = In> {
  /** In bytes. */
  readonly size: number;
  read(from: Memory, at: number): Out;
  write(to: Memory, at: number, value: In): void;
}
