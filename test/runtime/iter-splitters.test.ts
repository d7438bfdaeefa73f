import { describe, expect, it } from "vitest";

import { u32 } from "../../src/runtime/codecs.ts";
import { lineSplitter, recordSplitter, type Splitter } from "../../src/runtime/links/iter/splitters.ts";

function split<T>(splitter: Splitter<T>, bytes: Uint8Array, size: number): T[] {
  const pieces: T[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(...splitter.push(bytes.slice(at, at + size)));
  return [...pieces, ...splitter.end()];
}

describe("lineSplitter", () => {
  it.each([1, 2, 3, 5, 100])("cuts text that comes in chunks of %i bytes", (size) => {
    const text = "eins\n\nzwölf\n→ drei\nlast";
    expect(split(lineSplitter(), Buffer.from(text), size)).toEqual(text.split("\n"));
    expect(split(lineSplitter(), Buffer.from("a\nb\n"), size)).toEqual(["a", "b"]);
    expect(split(lineSplitter(), Buffer.from(""), size)).toEqual([]);
  });
});

describe("recordSplitter", () => {
  it.each([1, 3, 4, 7, 100])("cuts records that come in chunks of %i bytes", (size) => {
    const bytes = new Uint8Array(Uint32Array.of(1, 2, 3, 0xffff_ffff).buffer);
    expect(split(recordSplitter(u32, "it"), bytes, size)).toEqual([1, 2, 3, 0xffff_ffff]);
    expect(() => split(recordSplitter(u32, "it"), bytes.subarray(0, 13), size)).toThrow(
      "reading it: 1 bytes are left over, which are no record of 4 bytes",
    );
  });
});
