/**
 * The types that were found to be one of a kind, by hash, in the order in which libbpf would look through them: which of
 * several that fit is taken decides what comes out.
 *
 * libbpf's hash table (`hashmap_insert`) puts a new entry in front of those with the same hash, and turns all of them
 * around each time it grows.
 */
export class Candidates {
  readonly #lists = new Map<number, List>();
  #size = 0;
  #capacity = 0;
  #growths = 0;

  add(hash: number, id: number): void {
    if (Math.floor(((this.#size + 1) * 4) / 3) > this.#capacity) {
      this.#capacity = Math.max(4, this.#capacity * 2);
      this.#growths++;
    }
    this.#size++;
    let list = this.#lists.get(hash);
    if (list === undefined) this.#lists.set(hash, (list = { ids: [], growths: this.#growths }));
    this.#turn(list);
    list.ids.push(id);
  }

  /** Backwards: the last one is looked at first. */
  withHash(hash: number): readonly number[] {
    const list = this.#lists.get(hash);
    if (list === undefined) return [];
    this.#turn(list);
    return list.ids;
  }

  #turn(list: List): void {
    if ((this.#growths - list.growths) % 2 === 1) list.ids.reverse();
    list.growths = this.#growths;
  }
}

interface List {
  readonly ids: number[];
  /** How often the table had grown when the list was last put in order. */
  growths: number;
}
