/** A value as JSON in one line. Integers of 64 bits and more are numbers with all their digits; bytes are hexadecimal text. */
export function toJson(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "object":
      if (value === null) return "null";
      if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("hex"));
      if ("toJSON" in value && typeof value.toJSON === "function") return toJson(plainOf(value));
      if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
      return `{${Object.entries(value)
        .map(([key, part]) => `${JSON.stringify(key)}:${toJson(part)}`)
        .join(",")}}`;
    case "number":
      // JSON has no other numbers.
      return Number.isFinite(value) ? String(value) : "null";
    case "undefined":
    case "function":
    case "symbol":
      return "null";
    case "string":
    case "boolean":
      return JSON.stringify(value);
  }
}

/** A value of a class in the form that the class itself wants to have in JSON: a time as text. */
export function plainOf(value: object): unknown {
  return "toJSON" in value && typeof value.toJSON === "function" ? (value.toJSON as () => unknown)() : value;
}
