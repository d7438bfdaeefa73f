/**
 * Whether a name matches a pattern in which `*` stands for any characters and `?` for one (libbpf: `glob_match`). Takes
 * steps in proportion to both lengths multiplied, whatever the pattern: it goes back to the last star only.
 */
export function matchesGlob(name: string, pattern: string): boolean {
  let [at, next] = [0, 0];
  let star: { readonly behind: number; taken: number } | undefined;
  while (at < name.length) {
    if (pattern[next] === "*") star = { behind: ++next, taken: at };
    else if (pattern[next] === "?" || pattern[next] === name[at]) {
      at++;
      next++;
    } else if (star !== undefined) {
      at = ++star.taken;
      next = star.behind;
    } else return false;
  }
  return /^\**$/u.test(pattern.slice(next));
}

/** Whether a text has characters of a pattern. */
export function isGlob(text: string): boolean {
  return /[*?]/u.test(text);
}
