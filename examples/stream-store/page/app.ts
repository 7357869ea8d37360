/** The page of the shop: shows what the events say, and starts what somebody wants to see. */

interface GroupView {
  readonly group: string;
  readonly lag: number;
  readonly members: readonly { readonly client: string; readonly partitions: readonly number[] }[];
}
interface Sales {
  readonly orders: number;
  readonly revenue: number;
  readonly byRegion: Readonly<
    Record<string, { readonly orders: number; readonly revenue: number }>
  >;
  readonly minutes: readonly { readonly startMs: number; readonly orders: number }[];
  readonly bestSellers: readonly { readonly item: string; readonly quantity: number }[];
  readonly alerts: number;
}
interface View {
  readonly stage?: {
    readonly payments: number;
    readonly isGatewaySlow: boolean;
    readonly isBlackFriday: boolean;
    readonly perSecond: number;
    readonly broker: "up" | "down" | "elsewhere";
    readonly console?: string;
  };
  readonly check: Readonly<Record<"placed" | "paid" | "shipped" | "counted", number>>;
  readonly groups: readonly GroupView[];
  readonly lagHistory: readonly {
    readonly atMs: number;
    readonly lags: Readonly<Record<string, number>>;
  }[];
  readonly sales?: Sales;
  readonly replays: readonly { readonly name: string; readonly sales: Sales }[];
  readonly feed: readonly {
    readonly atMs: number;
    readonly topic: string;
    readonly text: string;
  }[];
}
interface Driver {
  readonly driver: string;
  readonly x: number;
  readonly y: number;
  readonly isBusy: boolean;
}

const colors: Readonly<Record<string, string>> = {
  payments: "#d1495b",
  inventory: "#3d8bd4",
  notifications: "#8d6bd1",
  fraud: "#c98a1b",
  analytics: "#2a9d6f",
};

function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

const whole = new Intl.NumberFormat("en");

function plural(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function element(name: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...content);
  return made;
}

async function post(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { message?: string };
  if (!response.ok) throw new Error(answer.message ?? response.statusText);
  return answer;
}

let last: View | undefined;

// What can be done

function tell(story: string): void {
  byId("story").textContent = story;
}

function act(action: object, story: string): void {
  tell(story);
  post("/api/actions", action).catch((thrown: Error) => tell(thrown.message));
}

byId("payments-switch").onclick = () => {
  const isUp = (last?.stage?.payments ?? 0) > 0;
  if (isUp) {
    act(
      { kind: "stop-payments" },
      "Payments are stopped. Orders go on, only the lag of payments grows; sales stay live.",
    );
  } else {
    act(
      { kind: "start-payments" },
      "Payments go on where they stopped: the lag falls, and nothing was lost.",
    );
  }
};
byId("black-friday").onclick = () => {
  const isOn = last?.stage?.isBlackFriday !== true;
  act(
    { kind: "black-friday", isOn },
    isOn
      ? "A hundred times as many orders. One instance of payments is not enough: add more, and see partitions move."
      : "The rush is over. What is left is worked off.",
  );
};
byId("add-payments").onclick = () =>
  act(
    { kind: "add-payments" },
    "Another instance joins the group; partitions move to it, the lag falls faster.",
  );
byId("remove-payments").onclick = () =>
  act(
    { kind: "remove-payments" },
    "It finishes what it has, commits, and leaves; the others take its partitions.",
  );
byId("slow-gateway").onclick = () => {
  const isOn = last?.stage?.isGatewaySlow !== true;
  act(
    { kind: "slow-gateway", isOn },
    isOn
      ? "The gateway takes a quarter of a second for each payment. Only payments lag; nobody waits for them."
      : "The gateway is quick again.",
  );
};
byId("replay").onclick = () =>
  act(
    { kind: "replay" },
    "A new group reads every order from the first one on, and comes to the same totals.",
  );
byId("kill-broker").onclick = () =>
  act(
    { kind: "kill-broker" },
    "kill -9. Orders are still accepted: the shop keeps them and tries again until the broker is back.",
  );
byId<HTMLInputElement>("traffic").onchange = (event) => {
  const perSecond = Number((event.target as HTMLInputElement).value);
  act({ kind: "traffic", perSecond }, `Customers place ${plural(perSecond, "order")} a second.`);
};
byId("order").onsubmit = (event) => {
  event.preventDefault();
  const order = {
    region: byId<HTMLSelectElement>("region").value,
    item: byId<HTMLSelectElement>("item").value,
    quantity: Number(byId<HTMLInputElement>("quantity").value),
  };
  const says = byId("placed-order");
  post("/api/orders", order).then(
    (placed) => {
      says.textContent = `${(placed as { id: string }).id} is accepted`;
    },
    (thrown: Error) => {
      says.textContent = thrown.message;
    },
  );
};

// What is shown

function show(view: View): void {
  last = view;
  const { stage, check, groups } = view;
  for (const name of ["placed", "paid", "shipped", "counted"] as const) {
    byId(name).textContent = whole.format(check[name]);
  }
  const { placed, paid, shipped, counted } = check;
  const isEven = placed === paid && paid === shipped && shipped === counted;
  const verdict = byId("verdict");
  verdict.className = isEven ? "even" : "";
  verdict.textContent = isEven
    ? "placed = paid = shipped = counted"
    : `${whole.format(placed - Math.min(paid, shipped, counted))} on their way`;
  if (stage !== undefined) showStage(stage);
  showGroups(groups);
  showPartitions(groups.find(({ group }) => group === "payments"));
  drawLag(view.lagHistory);
  if (view.sales !== undefined) showSales(view.sales, view.replays);
  byId("feed").replaceChildren(
    ...view.feed.map(({ topic, text }) =>
      element("li", "", element("b", topic, topic), element("span", "", text)),
    ),
  );
}

function showStage(stage: NonNullable<View["stage"]>): void {
  byId("payments-switch").textContent = stage.payments > 0 ? "Stop payments" : "Start payments";
  byId("black-friday").setAttribute("aria-pressed", String(stage.isBlackFriday));
  byId("slow-gateway").setAttribute("aria-pressed", String(stage.isGatewaySlow));
  const rate = stage.perSecond * (stage.isBlackFriday ? 100 : 1);
  byId("rate").textContent = plural(rate, "order");
  const slider = byId<HTMLInputElement>("traffic");
  if (document.activeElement !== slider) slider.value = String(stage.perSecond);
  const link = byId<HTMLAnchorElement>("console");
  link.hidden = stage.console === undefined;
  if (stage.console !== undefined) link.href = stage.console;
  const broker = byId("broker");
  broker.className = stage.broker === "down" ? "badge down" : "badge";
  broker.textContent =
    stage.broker === "down"
      ? "the broker is down"
      : stage.broker === "up"
        ? "broker up"
        : "connected";
  byId<HTMLButtonElement>("kill-broker").disabled = stage.broker !== "up";
  byId<HTMLButtonElement>("add-payments").disabled = stage.payments >= 6;
  byId<HTMLButtonElement>("remove-payments").disabled = stage.payments < 1;
}

function showGroups(groups: readonly GroupView[]): void {
  byId("groups").replaceChildren(
    ...groups.map(({ group, lag, members }) => {
      const state =
        members.length === 0
          ? "nobody"
          : members.length === 1
            ? "1 member"
            : `${members.length} members`;
      const box = element(
        "div",
        "group",
        group,
        element("strong", "", whole.format(lag)),
        element("small", "", `behind · ${state}`),
      );
      box.style.setProperty("--color", colors[group] ?? "gray");
      box.dataset["group"] = group;
      return box;
    }),
  );
}

function showPartitions(payments: GroupView | undefined): void {
  const members = payments?.members ?? [];
  const rows = [...members]
    .sort((a, b) => (a.client < b.client ? -1 : 1))
    .map(({ client, partitions }) =>
      element(
        "div",
        "instance",
        element("b", "", client),
        ...partitions.map((partition) => element("span", "partition", `orders-${partition}`)),
      ),
    );
  byId("partitions").replaceChildren(
    ...(rows.length > 0
      ? rows
      : [element("p", "", "No instance runs. Orders wait in their topic.")]),
  );
}

function showSales(sales: Sales, replays: View["replays"]): void {
  byId("revenue").textContent = money.format(sales.revenue / 100);
  byId("sold").textContent =
    `from ${plural(sales.orders, "order")}, ${whole.format(sales.alerts)} looked at for fraud`;
  const most = Math.max(1, ...Object.values(sales.byRegion).map(({ revenue }) => revenue));
  byId("regions").replaceChildren(
    ...Object.entries(sales.byRegion).map(([region, { revenue }]) => {
      const bar = element("i", "");
      bar.style.width = `${(revenue / most) * 100}%`;
      return element(
        "div",
        "bar",
        element("span", "", region),
        bar,
        element("span", "", money.format(revenue / 100)),
      );
    }),
  );
  const busiest = Math.max(1, ...sales.minutes.map(({ orders }) => orders));
  byId("minutes").replaceChildren(
    ...sales.minutes.map(({ startMs, orders }) => {
      const bar = element("i", "");
      bar.style.height = `${(orders / busiest) * 100}%`;
      bar.title = `${new Date(startMs).toLocaleTimeString()}: ${orders}`;
      return bar;
    }),
  );
  byId("best").replaceChildren(
    ...sales.bestSellers.map(({ item, quantity }) =>
      element("li", "", element("span", "", item), element("span", "", whole.format(quantity))),
    ),
  );
  byId("replays").replaceChildren(
    ...replays.slice(-2).map(({ name, sales: again }) => {
      const box = element(
        "p",
        "replay",
        `${name} read ${plural(again.orders, "order")} from the first one on: ${money.format(again.revenue / 100)}`,
      );
      box.dataset["orders"] = String(again.orders);
      box.dataset["revenue"] = String(again.revenue);
      return box;
    }),
  );
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function drawLag(history: View["lagHistory"]): void {
  const canvas = byId<HTMLCanvasElement>("lag");
  const context = canvas.getContext("2d");
  if (context === null || history.length < 2) return;
  const { width, height } = fitted(canvas, context);
  const most = Math.max(20, ...history.flatMap(({ lags }) => Object.values(lags)));
  context.strokeStyle = colorOf("--line");
  context.fillStyle = colorOf("--muted");
  context.font = "12px system-ui, sans-serif";
  for (const share of [0, 0.5, 1]) {
    const y = height - 6 - share * (height - 24);
    context.beginPath();
    context.moveTo(48, y);
    context.lineTo(width, y);
    context.stroke();
    context.fillText(whole.format(Math.round(most * share)), 0, y + 4);
  }
  context.lineWidth = 2;
  for (const [group, color] of Object.entries(colors)) {
    context.strokeStyle = color;
    context.beginPath();
    for (const [index, { lags }] of history.entries()) {
      const x = 48 + (index / Math.max(1, history.length - 1)) * (width - 50);
      const y = height - 6 - ((lags[group] ?? 0) / most) * (height - 24);
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.stroke();
  }
}

/** Makes a canvas as fine as the screen, and gives its size as the page sees it. */
function fitted(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
): { readonly width: number; readonly height: number } {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  const [fineWidth, fineHeight] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== fineWidth || canvas.height !== fineHeight) {
    canvas.width = fineWidth;
    canvas.height = fineHeight;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { width, height };
}

// The map: drivers glide from where they were to where they are.

/** What the locations are told in, and the room around them. */
const MAP = { width: 1000, height: 400, grid: 50, margin: 20 } as const;
const DRIVER_PX = 6;
let before = new Map<string, Driver>();
let now = new Map<string, Driver>();
let changedMs = 0;
const STEP_MS = 500;

function drawMap(atMs: number): void {
  requestAnimationFrame(drawMap);
  const canvas = byId<HTMLCanvasElement>("map");
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height, grid, margin } = MAP;
  const scale = fitted(canvas, context).width / (width + 2 * margin);
  context.scale(scale, scale);
  context.translate(margin, margin);
  context.strokeStyle = colorOf("--street");
  for (let x = 0; x <= width; x += grid) line(context, x, 0, x, height, x % 250 === 0 ? 12 : 5);
  for (let y = 0; y <= height; y += grid) line(context, 0, y, width, y, y % 200 === 0 ? 12 : 5);
  const share = Math.min(1, (atMs - changedMs) / STEP_MS);
  // As large as on any other screen, within reason.
  const radius = Math.min(14, DRIVER_PX / scale);
  const busy = colorOf("--accent");
  const free = colorOf("--good");
  for (const [name, { x, y, isBusy }] of now) {
    const from = before.get(name) ?? { x, y };
    context.fillStyle = isBusy ? busy : free;
    context.beginPath();
    context.arc(
      from.x + (x - from.x) * share,
      from.y + (y - from.y) * share,
      radius,
      0,
      2 * Math.PI,
    );
    context.fill();
  }
}

function line(
  context: CanvasRenderingContext2D,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  width: number,
): void {
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

const events = new EventSource("/api/events");
events.addEventListener("view", (event) => show(JSON.parse(event.data) as View));
events.addEventListener("error", () => {
  const broker = byId("broker");
  broker.className = "badge down";
  broker.textContent = "the shop is closed";
});
events.addEventListener("drivers", (event) => {
  before = now;
  now = new Map((JSON.parse(event.data) as Driver[]).map((driver) => [driver.driver, driver]));
  changedMs = performance.now();
});
requestAnimationFrame(drawMap);

const { catalog, regions } = (await (await fetch("/api/catalog")).json()) as {
  readonly catalog: readonly { readonly item: string; readonly price: number }[];
  readonly regions: readonly string[];
};
byId("region").replaceChildren(...regions.map((region) => new Option(region)));
byId("item").replaceChildren(
  ...catalog.map(({ item, price }) => new Option(`${item}, ${money.format(price / 100)}`, item)),
);
