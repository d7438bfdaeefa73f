import type { IterationReader } from "./iteration-reader.ts";
import type { Splitter } from "./splitters.ts";

/**
 * What an iterator's program writes, piece by piece, for `for` and for `for await`. Every loop makes the kernel go over
 * everything anew, and ends that when it is left.
 */
export class Iteration<T> implements Iterable<T>, AsyncIterable<T> {
  readonly #open: () => IterationReader;
  readonly #split: () => Splitter<T>;

  /** Each loop has a reader and a splitter of its own. */
  constructor(open: () => IterationReader, split: () => Splitter<T>) {
    this.#open = open;
    this.#split = split;
  }

  /** Waits in the kernel: the process does nothing else meanwhile. */
  *[Symbol.iterator](): Generator<T, undefined> {
    const splitter = this.#split();
    using reader = this.#open();
    for (let chunk = reader.read(); chunk.length > 0; chunk = reader.read()) yield* splitter.push(chunk);
    yield* splitter.end();
    return undefined;
  }

  /** Reads on a thread of Node's: the process goes on meanwhile. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    const splitter = this.#split();
    using reader = this.#open();
    for (let chunk = await reader.readLater(); chunk.length > 0; chunk = await reader.readLater())
      yield* splitter.push(chunk);
    yield* splitter.end();
    return undefined;
  }
}
