import { existsSync, openSync, readSync, closeSync, fstatSync } from "node:fs";

/** What a client program tells, a line each. */
export type Fact =
  | {
      readonly kind: "acknowledged";
      readonly partition: number;
      readonly number: number;
      readonly offset: number;
    }
  | {
      readonly kind: "failed";
      readonly partition: number;
      readonly number: number;
      readonly reason: string;
    }
  | {
      readonly kind: "record";
      readonly partition: number;
      readonly offset: number;
      readonly value: string;
    }
  /** A member goes on in a partition; it asked where at `atMs`. */
  | {
      readonly kind: "begins";
      readonly partition: number;
      readonly offset: number;
      readonly atMs: number;
    }
  /** A commit was acknowledged at `atMs`. */
  | {
      readonly kind: "committed";
      readonly partition: number;
      readonly offset: number;
      readonly atMs: number;
    }
  | { readonly kind: "ended" };

function parseFact(line: string): Fact | undefined {
  const [kind, first = "", second = "", third = ""] = line.split("\t");
  const partition = Number(first);
  switch (kind) {
    case "acknowledged":
      return { kind, partition, number: Number(second), offset: Number(third) };
    case "failed":
      return { kind, partition, number: Number(second), reason: third };
    case "record":
      return { kind, partition, offset: Number(second), value: third };
    case "begins":
    case "committed":
      return { kind, partition, offset: Number(second), atMs: Number(third) };
    case "ended":
      return { kind };
    default:
      return undefined;
  }
}

/** Reads a client's output as it grows. */
export class FactReader {
  readonly #path: string;
  #position = 0;
  #rest = "";
  /** Lines that are no facts: complaints, for people. */
  readonly others: string[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** The facts that have come since the last call. */
  next(): Fact[] {
    if (!existsSync(this.#path)) return [];
    const file = openSync(this.#path, "r");
    let text: string;
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.#position);
      const count = readSync(file, bytes, 0, bytes.length, this.#position);
      this.#position += count;
      text = this.#rest + bytes.toString("latin1", 0, count);
    } finally {
      closeSync(file);
    }
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    const facts: Fact[] = [];
    for (const line of lines) {
      const fact = parseFact(line);
      if (fact !== undefined) facts.push(fact);
      else if (line !== "" && this.others.length < 200) this.others.push(line);
    }
    return facts;
  }
}
