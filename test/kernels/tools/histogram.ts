/** A histogram of the tools: slot N counts what is from 2^N up to 2^(N+1), slot 0 also what is less. */
export interface Hist {
  readonly slots: readonly number[];
}

/** How many were counted, in slots from `slot` on. */
export function total({ slots }: Hist, slot = 0): number {
  return slots.slice(slot).reduce((sum, count) => sum + count, 0);
}

/** The least that all of them together can be, in the histogram's unit. */
export function leastSum({ slots }: Hist): number {
  return slots.reduce((sum, count, slot) => sum + (slot === 0 ? 0 : count * 2 ** slot), 0);
}
