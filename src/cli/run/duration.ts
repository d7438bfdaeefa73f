import { UsageError } from "../report.ts";

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Of Node's timers: 2^31 - 1 milliseconds, 24 days. */
const LONGEST = 2 ** 31 - 1;

/** "10s", "500ms", "1.5h" in milliseconds. Throws a `UsageError` for anything else. */
export function parseDuration(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/u.exec(text) ?? [];
  const milliseconds = Number(number) * (MILLISECONDS[unit] ?? 0);
  if (milliseconds > 0 && milliseconds <= LONGEST) return milliseconds;
  throw new UsageError(`--duration ${text}: this is no duration from 1ms to 24 days, as 10s, 500ms, 5m or 2h are`);
}
