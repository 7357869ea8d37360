import { assert } from "../core/assert.ts";
import { POISON } from "./read-buffers.ts";

/** Memory for the ends of all logs together, when nothing else is said. */
export const TAIL_CACHE_BYTES = 32 * 1024 * 1024;

/** A log's first chunk; each next one is twice as large. */
const CHUNK_BYTES_FIRST = 16 * 1024;
const CHUNK_BYTES_MAX = 256 * 1024;
/** Free chunks that are kept for reuse. */
const FREE_CHUNKS_MAX = 16;

/**
 * A read that begins this close to the end of a log is one of a consumer that keeps up; and a log at
 * whose end nobody read while this much was appended is not cached any more.
 */
export const TAIL_DISTANCE_BYTES = 1024 * 1024;

/** Bytes of one segment, `[start, start + used)`. A batch never lies in two chunks. */
interface Chunk {
  readonly bytes: Buffer;
  readonly segmentBase: number;
  readonly start: number;
  used: number;
  /** Responses that refer to it. */
  pins: number;
  dropped: boolean;
  readonly tail: LogTail;
}

/**
 * The newest bytes of logs at whose end somebody reads, so that any number of consumers that keep up
 * are served from one copy in memory. A log without such readers pays nothing. When the memory is
 * used up, the oldest chunk of all logs goes.
 */
export class TailCache {
  readonly #maxBytes: number;
  readonly #poison: boolean;
  /** Oldest first. */
  readonly #chunks = new Set<Chunk>();
  #bytes = 0;
  readonly #free: Buffer[] = [];

  constructor(options: { readonly maxBytes?: number | undefined; readonly poison?: boolean } = {}) {
    this.#maxBytes = options.maxBytes ?? TAIL_CACHE_BYTES;
    this.#poison = options.poison ?? false;
  }

  /** Memory in use; at most what was allowed. Chunks of unfinished responses are counted by those. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How large chunks get: several fit. */
  get chunkBytesMax(): number {
    return Math.min(CHUNK_BYTES_MAX, Math.floor(this.#maxBytes / 4));
  }

  /** A chunk with room for `sizeBytes`, or `undefined` when that is more than all there may be. */
  allocate(
    tail: LogTail,
    segmentBase: number,
    start: number,
    sizeBytes: number,
  ): Chunk | undefined {
    if (sizeBytes > this.#maxBytes) return undefined;
    while (this.#bytes + sizeBytes > this.#maxBytes) this.#dropOldest();
    const bytes =
      (sizeBytes === CHUNK_BYTES_MAX ? this.#free.pop() : undefined) ??
      Buffer.allocUnsafeSlow(sizeBytes);
    const chunk: Chunk = { bytes, segmentBase, start, used: 0, pins: 0, dropped: false, tail };
    this.#chunks.add(chunk);
    this.#bytes += sizeBytes;
    return chunk;
  }

  drop(chunk: Chunk): void {
    if (chunk.dropped) return;
    chunk.dropped = true;
    this.#chunks.delete(chunk);
    this.#bytes -= chunk.bytes.length;
    if (chunk.pins === 0) this.#recycle(chunk);
  }

  /** A response that referred to the chunk has left. */
  unpin(chunk: Chunk): void {
    assert(chunk.pins > 0, "a chunk of a tail is let go too often");
    chunk.pins--;
    if (chunk.pins === 0 && chunk.dropped) this.#recycle(chunk);
  }

  #dropOldest(): void {
    const { value: chunk } = this.#chunks.values().next();
    assert(chunk !== undefined, "the tail cache has lost count of its bytes");
    chunk.tail.forget(chunk);
    this.drop(chunk);
  }

  #recycle(chunk: Chunk): void {
    if (this.#poison) chunk.bytes.fill(POISON);
    if (chunk.bytes.length === CHUNK_BYTES_MAX && this.#free.length < FREE_CHUNKS_MAX) {
      this.#free.push(chunk.bytes);
    }
  }
}

/** What a read found in memory. */
export interface TailRead {
  /** Views; each begins and ends at a batch, or where the read was asked to. */
  readonly views: Buffer[];
  /** Lets the memory be used again; once, when the views are not looked at any more. */
  readonly release: () => void;
}

/** The cached end of one log. */
export class LogTail {
  readonly #cache: TailCache;
  #chunks: Chunk[] = [];
  #nextChunkBytes = CHUNK_BYTES_FIRST;
  /** What may still be appended before somebody must have read at the end. */
  #interestBytes = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** Somebody reads at the end: what is appended from now on is kept. */
  noteReader(): void {
    this.#interestBytes = TAIL_DISTANCE_BYTES;
  }

  /** Keeps a copy of what was written at `position` of a segment, when it is of interest. */
  append(segmentBase: number, position: number, bytes: Buffer): void {
    if (this.#interestBytes <= 0) return;
    this.#interestBytes -= bytes.length;
    if (this.#interestBytes <= 0) {
      this.clear();
      return;
    }
    let chunk = this.#chunks.at(-1);
    if (
      chunk === undefined ||
      chunk.segmentBase !== segmentBase ||
      chunk.start + chunk.used !== position ||
      chunk.used + bytes.length > chunk.bytes.length
    ) {
      chunk = this.#add(segmentBase, position, bytes.length);
      if (chunk === undefined) return;
    }
    bytes.copy(chunk.bytes, chunk.used);
    chunk.used += bytes.length;
  }

  /** The bytes `[start, end)` of a segment, when all of them are here. */
  read(segmentBase: number, start: number, end: number): TailRead | undefined {
    const first = this.#chunks.findIndex(
      (chunk) =>
        chunk.segmentBase === segmentBase &&
        chunk.start <= start &&
        start < chunk.start + chunk.used,
    );
    if (first < 0) return undefined;
    const views: Buffer[] = [];
    const chunks: Chunk[] = [];
    let position = start;
    for (let i = first; position < end; i++) {
      const chunk = this.#chunks[i];
      if (chunk === undefined || chunk.segmentBase !== segmentBase) return undefined;
      const from = position - chunk.start;
      if (from < 0 || from >= chunk.used) return undefined;
      const to = Math.min(chunk.used, end - chunk.start);
      views.push(chunk.bytes.subarray(from, to));
      chunks.push(chunk);
      position = chunk.start + to;
    }
    for (const chunk of chunks) chunk.pins++;
    const cache = this.#cache;
    return {
      views,
      release() {
        for (const chunk of chunks) cache.unpin(chunk);
        chunks.length = 0;
      },
    };
  }

  /** Forgets everything: the log was truncated, or nobody reads. */
  clear(): void {
    this.#interestBytes = 0;
    for (const chunk of this.#chunks) this.#cache.drop(chunk);
    this.#chunks = [];
    this.#nextChunkBytes = CHUNK_BYTES_FIRST;
  }

  /** For {@link TailCache}: the chunk is no more. */
  forget(chunk: Chunk): void {
    const index = this.#chunks.indexOf(chunk);
    if (index >= 0) this.#chunks.splice(index, 1);
  }

  #add(segmentBase: number, position: number, sizeBytes: number): Chunk | undefined {
    const { chunkBytesMax } = this.#cache;
    const chunkBytes = Math.max(sizeBytes, Math.min(this.#nextChunkBytes, chunkBytesMax));
    this.#nextChunkBytes = Math.min(2 * this.#nextChunkBytes, chunkBytesMax);
    const chunk = this.#cache.allocate(this, segmentBase, position, chunkBytes);
    if (chunk !== undefined) this.#chunks.push(chunk);
    return chunk;
  }
}
