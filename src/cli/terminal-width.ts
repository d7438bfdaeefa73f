const WITHOUT_TERMINAL = 100;

/** How many columns lines may have: those of the terminal; serial consoles say that they have none. */
export function terminalWidth(): number {
  const columns = process.stdout.isTTY ? process.stdout.columns : 0;
  return columns > 0 ? columns : WITHOUT_TERMINAL;
}
