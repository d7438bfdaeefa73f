import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { BufferFullError } from "../errors.ts";
import { BpfMap, type MapHandle } from "../maps/bpf-map.ts";
import { Memory } from "../memory.ts";
import type { Fd } from "../sys/fd.ts";
import { show, withPlace } from "../value-checks.ts";
import { mapUserRing, type MappedRing } from "./mapped-ring.ts";
import { ringUsage, type RingUsage } from "./ring-usage.ts";
import { RoomQueue, type Patience } from "./room-queue.ts";
import { roomOf } from "./ring-header.ts";
import { UserRingProducer } from "./user-ring-producer.ts";

/** How long a sample is. */
export interface SampleOptions {
  /** In bytes; for types with a flexible array at their end. Default: the size of the type, and of bytes their number. */
  readonly size?: number | undefined;
}

/** How long a sample is, and how long to wait for room. */
export interface WaitOptions extends SampleOptions, Patience {}

/** The place of a sample that is still to be written. Programs come no further than this before it is. */
export interface Reservation<T> {
  /** In bytes. */
  readonly size: number;
  /** Writes the sample and hands it over. Throws when the value is wrong, and the place stays reserved. */
  submit(value: T): void;
  /** Lets programs pass it over. A second call, and one after `submit`, does nothing. */
  discard(): void;
  /** The same as `discard`. */
  [Symbol.dispose](): void;
}

/** The memory of a ring that is being filled. */
interface OpenRing {
  readonly mapped: MappedRing;
  readonly producer: UserRingProducer;
}

/**
 * A user ring buffer: `BPF_MAP_TYPE_USER_RINGBUF`, which this process fills with samples, and programs in the kernel empty
 * with `bpf_user_ringbuf_drain()` (Linux 6.1).
 *
 * One process at a time may fill it, and one thread of that. Nothing tells a program that there is something: it looks
 * when it runs.
 *
 * @example
 * skel.maps.commands.submit({ op: 1, pid: 4711 });
 */
export class UserRingBuffer<T> extends BpfMap {
  /** How one sample is written. */
  readonly record: Codec<T>;
  readonly #fd: Fd;
  #ring: OpenRing | undefined;
  /** A sample as it is encoded: what goes past its end is an error there, and in the ring it would be another sample. */
  #scratch = new Memory(new Uint8Array(0));
  readonly #reservations = new Set<Reservation<T>>();
  #queue: RoomQueue | undefined;
  #closed = false;

  constructor(handle: MapHandle, record: Codec<T>) {
    // What the object says about keys and values is about samples, and the kernel is not told.
    super({ ...handle, keySize: 0, valueSize: 0 });
    this.record = record;
    this.#fd = handle.fd;
    handle.readers.add({
      close: () => {
        this.#close();
      },
    });
  }

  /**
   * Hands a sample over. Throws a `BufferFullError` with code `buffer-full` when there is no room, and a RangeError or
   * TypeError that names the field for a wrong value; nothing is written then.
   */
  submit(value: T, options: SampleOptions = {}): void {
    const size = this.#sizeOf(value, options);
    const producer = this.#producerWithRoom(size);
    this.#write(producer, producer.at, size, value);
    producer.submit(size);
  }

  /** Like {@link UserRingBuffer.submit}, and waits until there is room, those who came first first. After `timeout` it throws the `BufferFullError`. */
  async submitWhenFree(value: T, options: WaitOptions = {}): Promise<void> {
    await this.#whenFree(() => {
      this.submit(value, options);
    }, options);
  }

  /**
   * Takes the next place in the ring, for a sample of `size` bytes that is written later, or not at all. Throws a
   * `BufferFullError` when there is no room. What is still reserved when the skeleton is closed is discarded.
   *
   * @example
   * using place = skel.maps.commands.reserve();
   * place.submit({ op: 1, pid: await choosePid() }); // an exception on the way discards it
   */
  reserve(options: SampleOptions = {}): Reservation<T> {
    const size = this.#sizeOf(undefined, options);
    const at = this.#producerWithRoom(size).reserve(size);
    const reservation: Reservation<T> = {
      size,
      submit: (value) => {
        const producer = this.#reserved(reservation);
        this.#write(producer, at, size, value);
        this.#end(reservation, at, false);
      },
      discard: () => {
        if (this.#reservations.has(reservation)) this.#end(reservation, at, true);
      },
      [Symbol.dispose]: () => {
        reservation.discard();
      },
    };
    this.#reservations.add(reservation);
    return reservation;
  }

  /** Like {@link UserRingBuffer.reserve}, and waits until there is room. After `timeout` it throws the `BufferFullError`. */
  async reserveWhenFree(options: WaitOptions = {}): Promise<Reservation<T>> {
    return this.#whenFree(() => this.reserve(options), options);
  }

  /** How full it is. */
  usage(): RingUsage {
    const { written, read } = this.#open().producer.totals;
    return ringUsage(this.maxEntries, written, read);
  }

  #sizeOf(value: T | undefined, { size }: SampleOptions): number {
    const least = this.record.size;
    const wanted = size ?? (least === 0 && value instanceof Uint8Array ? value.length : least);
    if (!Number.isInteger(wanted) || wanted < least)
      throw new RangeError(`${this.#fd.what}: size takes an integer from ${least}, not ${show(wanted)}`);
    if (roomOf(wanted) > this.maxEntries || wanted > this.maxEntries)
      throw new RangeError(
        `${this.#fd.what}: a sample of ${wanted} bytes and its header are more than the ${this.maxEntries} bytes of the ring`,
      );
    return wanted;
  }

  #producerWithRoom(size: number): UserRingProducer {
    const { producer } = this.#open();
    const [needed, { free }] = [roomOf(size), producer];
    if (needed > free) throw new BufferFullError(this.#fd.what, needed, free);
    return producer;
  }

  #write({ data }: UserRingProducer, at: number, size: number, value: T): void {
    if (this.#scratch.bytes.length === size) this.#scratch.clear(0, size);
    else this.#scratch = new Memory(new Uint8Array(size));
    try {
      this.record.write(this.#scratch, 0, value);
    } catch (error) {
      throw withPlace(error, `sample of ${this.#fd.what}`);
    }
    data.set(this.#scratch.bytes, at);
  }

  #reserved(reservation: Reservation<T>): UserRingProducer {
    const { producer } = this.#open();
    if (this.#reservations.has(reservation)) return producer;
    throw new CoreGenError("bad-input", `${this.#fd.what}: this place was submitted or discarded already`);
  }

  #end(reservation: Reservation<T>, at: number, isDiscarded: boolean): void {
    this.#reservations.delete(reservation);
    this.#ring?.producer.commit(at, reservation.size, isDiscarded);
  }

  #whenFree<R>(action: () => R, options: WaitOptions): Promise<R> {
    const { timeout } = options;
    if (timeout !== undefined && !(timeout >= 0))
      throw new RangeError(`${this.#fd.what}: timeout takes milliseconds, not ${show(timeout)}`);
    this.#queue ??= new RoomQueue(this.#fd);
    return this.#queue.wait(action, options);
  }

  #open(): OpenRing {
    if (this.#ring !== undefined) return this.#ring;
    // Readers end before the descriptor is closed, and those who wait try once more in between.
    if (this.#closed) throw new CoreGenError("closed", `${this.#fd.what} is closed`);
    const mapped = mapUserRing(this.#fd, this.maxEntries);
    return (this.#ring = { mapped, producer: new UserRingProducer(mapped) });
  }

  /** A place that stays reserved would end every program's way through a ring that others keep. */
  #close(): void {
    this.#closed = true;
    for (const reservation of this.#reservations) reservation.discard();
    this.#ring?.mapped.close();
    this.#ring = undefined;
    this.#queue?.end();
    this.#queue = undefined;
  }
}
