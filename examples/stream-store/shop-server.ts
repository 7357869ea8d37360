/** The shop over HTTP: placing orders, and events for its page. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { catalog, priceOf } from "./catalog.ts";
import type { Action } from "./messages.ts";
import type { OrderDesk } from "./order-desk.ts";
import { servePage } from "./page-files.ts";
import type { ShopWindow } from "./shop-window.ts";
import { regions, type Order, type Region } from "./topics.ts";

const BODY_MAX = 10_000;
const QUANTITY_MAX = 99;
const TELL_EVERY_MS = 500;

export interface ShopServerOptions {
  readonly desk: OrderDesk;
  readonly window: ShopWindow;
  /** Somebody did something on the page. */
  readonly onAction: (action: Action) => void;
}

export function shopServer(options: ShopServerOptions): Server {
  return createServer((request, response) => {
    answer(options, request, response).catch((thrown: unknown) => {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (response.headersSent) response.end();
      else reply(response, 400, { message });
    });
  });
}

async function answer(
  { desk, window, onAction }: ShopServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const { pathname } = new URL(url, "http://shop");
  if (isFromElsewhere(request)) {
    return reply(response, 403, { message: "The shop does not serve other sites." });
  }
  if (method === "POST") {
    const body = await bodyOf(request);
    if (pathname === "/api/orders") {
      const { region, item, quantity } = orderOf(body);
      return reply(response, 202, desk.place(region, item, quantity));
    }
    if (pathname === "/api/actions") {
      onAction(actionOf(body));
      return reply(response, 202, {});
    }
  }
  if (pathname === "/api/catalog") return reply(response, 200, { catalog, regions });
  if (pathname === "/api/events") return sendEvents(window, request, response);
  return servePage(pathname, response);
}

function sendEvents(window: ShopWindow, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (kind: string, value: unknown): void => {
    response.write(`event: ${kind}\ndata: ${JSON.stringify(value)}\n\n`);
  };
  send("view", window.view());
  const timer = setInterval(() => {
    send("view", window.view());
    send("drivers", window.drivers());
  }, TELL_EVERY_MS);
  request.on("close", () => clearInterval(timer));
}

/** Another name that leads here, or a page of another site; who follows a link to the page may look at it. */
function isFromElsewhere({ headers, method, url }: IncomingMessage): boolean {
  const { host = "", origin } = headers;
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)) return true;
  if (origin !== undefined && origin !== `http://${host}`) return true;
  const site = headers["sec-fetch-site"];
  const isVisit = method === "GET" && url === "/" && headers["sec-fetch-mode"] === "navigate";
  return site !== undefined && site !== "same-origin" && site !== "none" && !isVisit;
}

const switches: ReadonlySet<string> = new Set([
  "stop-payments",
  "start-payments",
  "add-payments",
  "remove-payments",
  "replay",
  "kill-broker",
]);

function actionOf(body: object): Action {
  const { kind, isOn, perSecond } = body as Readonly<Record<string, unknown>>;
  if (typeof kind === "string" && switches.has(kind)) return { kind } as Action;
  if ((kind === "slow-gateway" || kind === "black-friday") && typeof isOn === "boolean") {
    return { kind, isOn };
  }
  if (kind === "traffic" && Number.isFinite(perSecond)) {
    return { kind, perSecond: Number(perSecond) };
  }
  throw new Error("there is no such action");
}

function orderOf(body: object): { region: Region; item: string; quantity: number } {
  const { region, item, quantity } = body as Partial<Record<keyof Order, unknown>>;
  const known = regions.find((one) => one === region);
  if (known === undefined) throw new Error(`a region is one of ${regions.join(", ")}`);
  if (typeof item !== "string" || priceOf(item) === undefined) {
    throw new Error("the shop does not sell that");
  }
  if (!Number.isInteger(quantity) || Number(quantity) < 1 || Number(quantity) > QUANTITY_MAX) {
    throw new Error(`a quantity is a whole number from 1 to ${QUANTITY_MAX}`);
  }
  return { region: known, item, quantity: Number(quantity) };
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_MAX) throw new Error("that is too much for an order");
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error("an order is a JSON object");
  return value;
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}
