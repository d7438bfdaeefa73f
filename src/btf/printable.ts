const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** A name out of a file as it may be printed: nothing in it can steer the terminal, or pass for a line of its own. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "?");
}
