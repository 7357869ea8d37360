import { MoldauError, messageOf } from "../../core/errors.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { clientError, KafkaError, kafkaErrorFrom } from "../errors.ts";

/** The promise, or `TIMED_OUT` or `CANCELLED` when the deadline comes first; the promise goes on. */
export function within<T>(deadline: Deadline, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { clock, signal } = deadline;
    const end = (): void => {
      timer?.cancel();
      signal?.removeEventListener("abort", over);
    };
    const over = (): void => {
      end();
      try {
        deadline.check();
        reject(clientError("TIMED_OUT", "not done in time"));
      } catch (thrown) {
        reject(asKafkaError(thrown));
      }
    };
    const remainingMs = deadline.remainingMs();
    const timer = remainingMs === Infinity ? undefined : clock.setTimer(remainingMs, over);
    signal?.addEventListener("abort", over);
    if (signal?.aborted === true) over();
    promise.finally(end).then(resolve, reject);
  });
}

/** Whatever was thrown as an error of this client. */
export function asKafkaError(thrown: unknown): KafkaError {
  if (thrown instanceof KafkaError) return thrown;
  if (thrown instanceof MoldauError) return kafkaErrorFrom(thrown, "CONNECTION_CLOSED");
  return clientError("CLOSED", messageOf(thrown), { cause: thrown });
}
