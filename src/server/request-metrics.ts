const API_KEYS_MAX = 128;

/** Counters of requests, plain numbers that are read when somebody asks. */
export class RequestMetrics {
  readonly requests = new Float64Array(API_KEYS_MAX);
  readonly requestBytes = new Float64Array(API_KEYS_MAX);

  received(apiKey: number, bytes: number): void {
    this.requests[apiKey]!++;
    this.requestBytes[apiKey]! += bytes;
  }
}
