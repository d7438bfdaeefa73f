/** Counts by powers of two have fewer slots than a number has bits, and more than a handful of counters. */
const FEWEST_SLOTS = 8;
const MOST_SLOTS = 64;
const LONGEST_BAR = 40;

/** Whether values are counts by powers of two: an array of so many numbers, as `log2` histograms have. */
export function isHistogram(values: readonly unknown[]): boolean {
  const isCount = (value: unknown): boolean => (typeof value === "number" || typeof value === "bigint") && value >= 0;
  return values.length >= FEWEST_SLOTS && values.length <= MOST_SLOTS && values.every(isCount);
}

/** Lines of a histogram whose slot `i` counts what is from 2^i to 2^(i+1) - 1, as bcc draws it. */
export function drawHistogram(counts: readonly number[], width: number): string[] {
  const last = counts.findLastIndex((count) => count > 0);
  const most = Math.max(...counts);
  const rows = counts.slice(0, last + 1).map((count, slot) => {
    const from = slot === 0 ? 0n : 1n << BigInt(slot);
    return { range: `${from} -> ${(1n << BigInt(slot + 1)) - 1n}`, count };
  });
  const ranges = Math.max(0, ...rows.map(({ range }) => range.length));
  const digits = String(most).length;
  const bar = Math.max(1, Math.min(LONGEST_BAR, width - ranges - digits - 12));
  return rows.map(({ range, count }) => {
    const stars = "*".repeat(most === 0 ? 0 : Math.round((count / most) * bar));
    return `    ${range.padStart(ranges)} : ${String(count).padStart(digits)} |${stars.padEnd(bar)}|`;
  });
}
