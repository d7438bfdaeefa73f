import { describe, type LogLevel } from "./log-messages.ts";
import type { LogFacts } from "./log-facts.ts";

/** What happened while an object was loaded. `message` is the line that libbpf would write, where it has one. */
export type LogEvent = { readonly level: LogLevel; readonly message: string } & LogFacts;

/** Takes the events. What it throws ends the loading, which then leaves nothing behind. */
export type OnLog = (event: LogEvent) => void;

/** Tells `onLog`, if there is one, what happened. */
export function logEvent(onLog: OnLog | undefined, facts: LogFacts, message?: string): void {
  if (onLog === undefined) return;
  const [level, ownWords] = describe(facts);
  onLog({ level, message: message ?? ownWords, ...facts });
}

/** The event for a line that relocating wrote; undefined without anyone to tell, so that no line is made. */
export function relocationLog(onLog: OnLog | undefined): ((line: string) => void) | undefined {
  if (onLog === undefined) return undefined;
  return (line) => {
    const [, program, number] = /^prog '([^']*)': relo #(\d+): /u.exec(line) ?? [];
    const relocation = number === undefined ? undefined : Number(number);
    logEvent(onLog, { kind: "relocation", program, relocation }, line);
  };
}
