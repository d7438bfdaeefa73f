import { printable } from "../../btf/printable.ts";
import { showValue } from "./show-value.ts";
import { toJson } from "./to-json.ts";

/** How {@link RecordPrinter} prints. */
export interface PrintOptions {
  readonly json: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether to say of which buffer each record is. */
  readonly nameMaps: boolean;
}

/** One column of a table of records. */
interface Column {
  readonly name: string;
  readonly width: number;
  /** Numbers stand to the right. */
  readonly right: boolean;
  /** Whether longer text is cut: the terminal has no room for it. */
  readonly isCut: boolean;
}

const GAP = "  ";
/** Of a text; a longer one takes the room that it needs. */
const TEXT_WIDTH = 16;
const NUMBER_WIDTH = 7;
const BIGINT_WIDTH = 12;
const NARROWEST_TEXT = 8;

/** Prints records as they come: a line each, below a heading that is said again when the buffer changes. */
export class RecordPrinter {
  readonly #options: PrintOptions;
  /** By buffer and members: several structs may come out of one buffer. */
  readonly #columns = new Map<string, readonly Column[]>();
  #last: string | undefined;

  constructor(options: PrintOptions) {
    this.#options = options;
  }

  print(map: string, record: unknown): void {
    process.stdout.write(`${this.lines(map, record).join("\n")}\n`);
  }

  /** What {@link RecordPrinter.print} prints. */
  lines(map: string, record: unknown): string[] {
    const { json, nameMaps } = this.#options;
    if (json) return [toJson({ map, record })];
    const cells = cellsOf(record);
    const table = JSON.stringify([map, ...cells.map(([name]) => name)]);
    const columns = this.#columns.get(table) ?? this.#columnsFor(cells);
    this.#columns.set(table, columns);
    const isNew = this.#last !== table;
    this.#last = table;
    const heading = [
      ...(nameMaps ? [`${printable(map)}:`] : []),
      line(
        columns,
        columns.map(({ name }) => name),
      ),
    ];
    return [
      ...(isNew ? heading : []),
      line(
        columns,
        cells.map(([, value]) => showValue(value)),
      ),
    ];
  }

  /** As wide as values of the kind are, and narrower where a terminal has no room: then text is cut. */
  #columnsFor(cells: readonly (readonly [string, unknown])[]): Column[] {
    const columns = cells.map(([name, value]): Column => {
      const shown = printable(name).toUpperCase();
      const typical = widthOf(value);
      return { name: shown, width: Math.max(shown.length, typical), right: isNumber(value), isCut: false };
    });
    const total = columns.reduce((sum, { width }) => sum + width + GAP.length, 0);
    let over = total - this.#options.width;
    return columns.map((column) => {
      if (column.right || over <= 0) return column;
      const width = Math.max(column.name.length, NARROWEST_TEXT, column.width - over);
      over -= column.width - width;
      return { ...column, width, isCut: true };
    });
  }
}

/** A record that is no struct is a table of one column. */
function cellsOf(record: unknown): [string, unknown][] {
  const isStruct =
    typeof record === "object" && record !== null && !ArrayBuffer.isView(record) && !Array.isArray(record);
  return isStruct ? Object.entries(record) : [["record", record]];
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function widthOf(value: unknown): number {
  if (typeof value === "number") return NUMBER_WIDTH;
  if (typeof value === "bigint") return BIGINT_WIDTH;
  if (typeof value === "boolean") return "false".length;
  return typeof value === "string" ? TEXT_WIDTH : showValue(value).length;
}

/** The last column has all the room that it needs. */
function line(columns: readonly Column[], cells: readonly string[]): string {
  const padded = columns.map(({ width, right, isCut }, i) => {
    const cell = cells[i] ?? "";
    if (right) return cell.padStart(width);
    return i === columns.length - 1 ? cell : (isCut ? cut(cell, width) : cell).padEnd(width);
  });
  return padded.join(GAP).trimEnd();
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
