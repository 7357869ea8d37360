import { Pending, type Answer } from "../broker/answer.ts";
import type { Broker } from "../broker/broker.ts";
import { routes, type Route } from "../broker/handlers.ts";
import type { RequestContext } from "../broker/request-context.ts";
import { MoldauError } from "../core/errors.ts";
import { ApiKey } from "../protocol/apis.ts";
import type { ErrorCode } from "../protocol/error-code.ts";
import type { MetadataResponseInput } from "../protocol/messages/metadata.ts";
import { errorAnswerTo, hasErrorAnswer, refuseTopics } from "./error-answers.ts";

/** What a request gets in place of its answer: an error, or no answer and the end of its connection. */
export type PlannedAnswer =
  | { readonly kind: "error"; readonly errorCode: ErrorCode; readonly isCarriedOut: boolean }
  | { readonly kind: "lost" };

interface Plan {
  readonly answer: PlannedAnswer;
  readonly clientId: string | undefined;
  times: number;
}

/** Whoever looks at a topic for a test is not the one that is tested: nothing is planned for it. */
export const OBSERVER_CLIENT_ID = "moldau/testing";

/** Answers that take the place of what the broker would say. */
export class PlannedAnswers {
  readonly #plans = new Map<number, Plan[]>();

  /** The next `times` requests of the API (of one client, or any) get this answer. */
  plan(
    apiKey: number,
    answer: PlannedAnswer,
    { times, clientId }: { readonly times: number; readonly clientId: string | undefined },
  ): void {
    const route = routes.find(({ key }) => key === apiKey);
    if (route === undefined || (answer.kind === "error" && !hasErrorAnswer(route))) {
      throw new MoldauError("this API has no answer that could be an error", {
        code: "NO_ERROR_ANSWER",
        remedy: "Lose its answer instead: faults.loseAnswer(name).",
      });
    }
    const plans = this.#plans.get(apiKey) ?? [];
    plans.push({ answer, clientId, times });
    this.#plans.set(apiKey, plans);
  }

  clear(): void {
    this.#plans.clear();
  }

  /** The route with what is planned in front of it. */
  inFrontOf(route: Route): Route {
    return {
      ...route,
      handle: (broker, context, request) => this.#handle(route, broker, context, request),
    };
  }

  #handle(
    route: Route,
    broker: Broker,
    context: RequestContext,
    request: unknown,
  ): Answer<unknown> {
    const plan = this.#next(route.key, context);
    if (plan === undefined) return route.handle(broker, context, request);
    const serve = (): Answer<unknown> => route.handle(broker, context, request);
    const { answer } = plan;
    if (answer.kind === "lost") {
      plan.times--;
      return changed(serve(), {
        change() {
          context.onSent?.();
          return "close";
        },
      });
    }
    const { errorCode, isCarriedOut } = answer;
    if (route.key === ApiKey.METADATA) {
      plan.times--;
      const topicsRefused: Change = {
        change: (told: MetadataResponseInput) => refuseTopics(told, errorCode),
      };
      return changed(serve(), topicsRefused);
    }
    const { answer: refusal, saysIt } = errorAnswerTo(route, request, {
      errorCode,
      version: context.apiVersion,
    });
    if (saysIt) plan.times--;
    if (!isCarriedOut || !saysIt) return refusal;
    return changed(serve(), {
      change() {
        context.onSent?.();
        context.onSent = undefined;
        return refusal;
      },
    });
  }

  #next(apiKey: number, { clientId }: RequestContext): Plan | undefined {
    if (this.#plans.size === 0 || clientId === OBSERVER_CLIENT_ID) return undefined;
    return this.#plans
      .get(apiKey)
      ?.find((plan) => plan.times > 0 && (plan.clientId ?? clientId) === clientId);
  }
}

/** What is made of an answer, once it is there. */
interface Change {
  change(answer: unknown): unknown;
}

function changed(answer: Answer<unknown>, by: Change): Answer<unknown> {
  if (answer instanceof Promise) return answer.then((value: unknown) => by.change(value));
  if (!(answer instanceof Pending)) return by.change(answer);
  const later = new Pending<unknown>();
  answer.onComplete(
    (value: unknown) => later.complete(by.change(value)),
    (error) => later.fail(error),
  );
  return later;
}
