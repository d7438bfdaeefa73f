import { editDistance } from "./nearest.ts";

const MOST = 5;

/** The names that are most like `name`, best first: at most five, and none that has little to do with it. */
export function nearNames(name: string, names: Iterable<string>): string[] {
  const limit = Math.max(2, Math.floor(name.length / 5));
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of names) {
    const score = contains(candidate, name) ? 1 : editDistance(name, candidate, limit);
    if (score <= limit) scored.push({ candidate, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, MOST).map(({ candidate }) => candidate);
}

function contains(candidate: string, name: string): boolean {
  return name.length >= 4 && candidate.includes(name);
}
