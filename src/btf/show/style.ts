/** Columns that pahole gives to a member's type and to its name. */
export const TYPE_COLUMN = 26;
export const NAME_COLUMN = 23;
/** A union's has less for names when it is printed on its own. */
export const UNION_NAME_COLUMN = 21;
/** What a level of nesting takes off the column of types: a tab. */
export const LEVEL = 8;

/** How the members of one struct or union are printed (pahole: `struct conf_fprintf`). */
export interface Style {
  /** Tabs before each member. */
  readonly indent: number;
  readonly typeColumn: number;
  readonly nameColumn: number;
  /** Where the struct or union begins in the one that is printed, in bytes. */
  readonly base: number;
  /** Whether offsets count from the inner struct instead: it is pointed to, not contained. */
  readonly relative: boolean;
  /** Whether a union is around it: what comes last in there is not the end of the whole. */
  readonly inUnion: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

export function tabs(count: number): string {
  return "\t".repeat(count);
}

/** "1 byte", "2 bytes". */
export function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
