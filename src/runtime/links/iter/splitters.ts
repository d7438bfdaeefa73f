import { CoreGenError } from "../../../errors.ts";
import type { Codec } from "../../codec.ts";
import { Memory } from "../../memory.ts";

/** Cuts a stream of bytes, which comes in chunks of any size, into pieces. */
export interface Splitter<T> {
  /** The pieces that are complete with this chunk. */
  push(chunk: Uint8Array): Iterable<T>;
  /** What is left at the end. */
  end(): Iterable<T>;
}

const LINE_FEED = 10;

/** Lines of UTF-8, without their line feeds; the last one may have none. */
export function lineSplitter(): Splitter<string> {
  const decoder = new TextDecoder();
  let rest: Uint8Array = new Uint8Array();
  return {
    *push(chunk) {
      let from = 0;
      // Bytes are looked at and not characters: a chunk may end inside of one.
      for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
        const line = chunk.subarray(from, to);
        yield decoder.decode(rest.length === 0 ? line : Buffer.concat([rest, line]));
        rest = new Uint8Array();
        from = to + 1;
      }
      rest = Buffer.concat([rest, chunk.subarray(from)]);
    },
    *end() {
      if (rest.length > 0) yield decoder.decode(rest);
    },
  };
}

/** Values of one C type, one behind the other. `what` is for the error when the last one is not complete. */
export function recordSplitter<T>(codec: Codec<T>, what: string): Splitter<T> {
  let rest: Uint8Array = new Uint8Array();
  return {
    *push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const count = Math.floor(bytes.length / codec.size);
      rest = bytes.subarray(count * codec.size);
      for (let index = 0; index < count; index++) {
        const at = index * codec.size;
        yield codec.read(new Memory(bytes.subarray(at, at + codec.size)), 0);
      }
    },
    end() {
      if (rest.length === 0) return [];
      throw new CoreGenError(
        "bad-input",
        `reading ${what}: ${rest.length} bytes are left over, which are no record of ${codec.size} bytes`,
        { hints: ["The program must write nothing but this struct: bpf_seq_write(seq, &value, sizeof(value))."] },
      );
    },
  };
}
