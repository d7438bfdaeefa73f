/** What the records of one buffer are in TypeScript. */
export interface RecordType {
  readonly type: string;
  readonly codec: string;
}
