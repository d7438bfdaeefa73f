/** Rows as lines of aligned columns, each `indent` in; nothing behind the last column. */
export function tableLines(rows: readonly (readonly string[])[], indent: string): string[] {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const widths = Array.from({ length: columns }, (_, column) => {
    return rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0);
  });
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
