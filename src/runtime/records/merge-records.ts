import type { Codec } from "../codec.ts";
import { checkedSignal, type ReadOptions } from "./record-options.ts";
import { RecordStream, type RecordHost, type RecordReader, type RecordSource, type Waiter } from "./record-stream.ts";

/** A buffer whose records can be read together with those of others: a ring buffer. */
export interface RecordBuffer<T> {
  readonly name: string;
  /** How one record is read. */
  readonly record: Codec<T>;
}

const hosts = new WeakMap<RecordBuffer<unknown>, RecordHost<unknown>>();

/** Lets {@link mergeRecords} read a buffer. */
export function offerRecords<T>(buffer: RecordBuffer<T>, host: RecordHost<T>): void {
  hosts.set(buffer, host);
}

/** The buffers to read, by the names that tell their records apart. */
export type RecordBuffers = Readonly<Record<string, RecordBuffer<unknown>>>;

/** The name of a buffer, and one of its records. */
export type MergedRecord<B extends RecordBuffers> = {
  [Name in keyof B & string]: readonly [buffer: Name, record: B[Name] extends RecordBuffer<infer T> ? T : never];
}[keyof B & string];

/**
 * The records of several buffers in one loop, each with its buffer's name; they take turns while all have some.
 *
 * Records of one buffer come in their order; between buffers there is none. The loop ends when the signal is aborted
 * and when one of the buffers is closed. Nobody else may read them meanwhile. Throws what {@link RingBuffer.records} throws.
 *
 * @example
 * for await (const [buffer, record] of mergeRecords({ execs: skel.maps.execs, exits: skel.maps.exits }, { signal }))
 *   if (buffer === "execs") console.log(record.filename);
 */
export function mergeRecords<B extends RecordBuffers>(
  buffers: B,
  options: ReadOptions = {},
): AsyncIterableIterator<MergedRecord<B>> {
  const named = Object.entries(buffers).map(([name, buffer]) => ({ name, host: hostOf(name, buffer) }));
  // Names and types of records come from the same entries.
  return new RecordStream(new MergedHost(named), checkedSignal(options)) as AsyncIterableIterator<
    MergedRecord<B>,
    undefined
  >;
}

function hostOf(name: string, buffer: RecordBuffer<unknown>): RecordHost<unknown> {
  const host = hosts.get(buffer);
  if (host === undefined) throw new TypeError(`mergeRecords({ ${name} }) takes ring buffers of a loaded skeleton`);
  return host;
}

interface NamedHost {
  readonly name: string;
  readonly host: RecordHost<unknown>;
}

type Named = readonly [buffer: string, record: unknown];

class MergedHost implements RecordHost<Named> {
  readonly #hosts: readonly NamedHost[];

  constructor(hosts: readonly NamedHost[]) {
    this.#hosts = hosts;
  }

  begin(reader: RecordReader): RecordSource<Named> {
    const begun: NamedHost[] = [];
    try {
      const sources = this.#hosts.map((named) => {
        const source = named.host.begin(reader);
        begun.push(named);
        return { name: named.name, source };
      });
      return new MergedRecords(sources);
    } catch (error) {
      for (const { host } of begun) host.end(reader);
      throw error;
    }
  }

  end(reader: RecordReader): void {
    for (const { host } of this.#hosts) host.end(reader);
  }

  /** Each descriptor is watched by itself: all of them are in the one epoll instance of the event loop. */
  waiter(onReadable: () => void): Waiter {
    const waiters = this.#hosts.map(({ host }) => host.waiter(onReadable));
    return {
      start: () => {
        for (const waiter of waiters) waiter.start();
      },
      stop: () => {
        for (const waiter of waiters) waiter.stop();
      },
      close: () => {
        for (const waiter of waiters) waiter.close();
      },
    };
  }
}

interface NamedSource {
  readonly name: string;
  readonly source: RecordSource<unknown>;
}

/** Goes around its sources, so that a busy one does not keep the others waiting. */
class MergedRecords implements RecordSource<Named> {
  readonly #sources: readonly NamedSource[];
  #turn = 0;
  #found: NamedSource | undefined;

  constructor(sources: readonly NamedSource[]) {
    this.#sources = sources;
  }

  refresh(): void {
    for (const { source } of this.#sources) source.refresh();
  }

  next(): boolean {
    for (let tried = 0; tried < this.#sources.length; tried++) {
      const found = this.#sources[(this.#turn + tried) % this.#sources.length];
      if (found?.source.next() !== true) continue;
      this.#found = found;
      this.#turn = (this.#turn + tried + 1) % this.#sources.length;
      return true;
    }
    return false;
  }

  take(): Named {
    if (this.#found === undefined) throw new TypeError("take comes after next");
    return [this.#found.name, this.#found.source.take()];
  }
}
