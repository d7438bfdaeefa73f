/** Something that is let go of once. */
export interface Closeable {
  close(): void;
}

/**
 * Things to close later, the last one first.
 *
 * Every one of them is closed, even when another one throws; the first error is thrown at the end.
 */
export class CloseStack {
  readonly #items: Closeable[] = [];

  add<T extends Closeable>(item: T): T {
    this.#items.push(item);
    return item;
  }

  /** Forgets an item that was closed before its turn. */
  remove(item: Closeable): void {
    const at = this.#items.lastIndexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  close(): void {
    const errors: unknown[] = [];
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) {
      try {
        item.close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
