const MOST = 3;
/** Names longer than this are not compared: nobody writes them by hand. */
const LONGEST = 100;

/** The names that someone who wrote `wanted` may have meant, the nearest first; none when all are far off. */
export function nearestNames(wanted: string, known: Iterable<string>): string[] {
  // About one letter in four may be wrong, and two that are swapped count twice.
  const limit = 1 + Math.floor(wanted.length / 4);
  const near: { name: string; distance: number }[] = [];
  for (const name of known) {
    if (name === "" || name.length > LONGEST) continue;
    const distance = editDistance(wanted, name, limit);
    if (distance <= limit) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, MOST).map(({ name }) => name);
}

/** How many letters must be added, removed or exchanged (Levenshtein), or `limit + 1` when it is more than `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(exchanged, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return Math.min(previous[b.length] ?? 0, limit + 1);
}
